"""What is raised when nothing can be forecast."""

from __future__ import annotations


class ForecastError(ValueError):
    """No forecast is possible; the message names the sensor and what is missing."""
