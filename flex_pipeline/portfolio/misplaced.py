"""Which kinds of sensor a field may name."""

from __future__ import annotations

from flex_pipeline.portfolio.kind import Kind

ENERGY_OF = "quality.energy-of"


def misplaced(where: str, kind: Kind) -> str | None:
    """What is wrong with naming a sensor of a kind in a field of a portfolio."""
    if where.startswith("aggregates."):
        return None
    if where.endswith(f".{ENERGY_OF}"):
        is_power = kind in ("load", "pv")
        return (
            None if is_power else f"is a sensor of kind {kind}: a meter counts the energy of a load or of pv"
        )
    if where.endswith(".meter") != (kind == "power"):
        return f"is a sensor of kind {kind}: the meter of a device reads one of kind power, and nothing else does"
    if kind == "meter-total":
        return "is a sensor of kind meter-total, which is checked but not planned with: read one of power"
    if kind == "ev-session":
        return (
            "is a sensor of kind ev-session, which is checked but not planned with: read one of kind availability, "
            "soc-minima or usage from the same source"
        )
    if where.endswith(".state-of-charge") != (kind == "soc"):
        return f"is a sensor of kind {kind}: state-of-charge reads one of kind soc, and nothing else does"
    return None
