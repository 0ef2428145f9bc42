"""Small sites for tests: hourly steps from midnight, one currency."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

START = "2024-06-03T00:00+02:00"


def series(values: list[float | None], unit: str) -> dict[str, Any]:
    """Hourly values from midnight."""
    return {"series": {"start": START, "resolution": "PT1H", "unit": unit, "values": values}}


def site(prices: list[float], *devices: dict[str, Any], **context: Any) -> dict[str, Any]:
    """A problem with hourly prices in EUR/kWh; context fields with underscores for hyphens."""
    end = datetime.fromisoformat(START) + timedelta(hours=len(prices))
    fields = {name.replace("_", "-"): value for name, value in context.items()}
    return {
        "start": START,
        "end": end.isoformat(),
        "resolution": "PT1H",
        "timezone": "Europe/Amsterdam",
        "flex_context": {"consumption-price": series(list(prices), "EUR/kWh"), **fields},
        "devices": list(devices),
    }


def battery(name: str = "battery", **changes: Any) -> dict[str, Any]:
    """A lossless 10 kWh, 5 kW battery, empty at the start; fields with underscores for hyphens."""
    model = {"soc-at-start": "0 kWh", "soc-max": "10 kWh", "power-capacity": "5 kW"}
    return {"name": name, "flex_model": model | {k.replace("_", "-"): v for k, v in changes.items()}}


def process(kind: str, power: str = "2 kW", hours: int = 2, **changes: Any) -> dict[str, Any]:
    """A process of a few hours."""
    model = {"process-type": kind, "power": power, "duration": f"PT{hours}H"}
    return {
        "name": "process",
        "type": "process",
        "flex_model": model | {k.replace("_", "-"): v for k, v in changes.items()},
    }


def at(hour: int, minute: int = 0) -> str:
    """A time of the day."""
    return f"2024-06-03T{hour:02}:{minute:02}+02:00"


def group(name: str, **limits: Any) -> dict[str, Any]:
    """A group; fields with underscores for hyphens."""
    return {"name": name, "type": "group", "flex_model": {k.replace("_", "-"): v for k, v in limits.items()}}


def changed(device: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """The same device with other fields of its flex-model."""
    return {
        **device,
        "flex_model": device["flex_model"] | {k.replace("_", "-"): v for k, v in changes.items()},
    }
