"""The bundled demo portfolio: a home, an office and a workshop, with simulated sensors."""
