"""Time and quantities: step grids, units, and quantities that vary over time."""
