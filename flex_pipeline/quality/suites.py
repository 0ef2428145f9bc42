"""Suites: what is expected of a day of readings, by kind of sensor.

Every rule is one Great Expectations expectation on the columns of `frame.day_frame`, in which limits that
differ between sensors stand beside the values, so that one validation covers all sensors of a kind.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from flex_pipeline.portfolio.kind import Kind
from flex_pipeline.quality.verdict import Severity


@dataclass(frozen=True)
class Rule:
    """An expectation, how bad it is when it fails if the sensor does not say, and the words for it."""

    name: str
    expectation: str  # a class in great_expectations.expectations
    arguments: Mapping[str, object]
    severity: Severity
    fault: str  # completes "3 of 96 steps ..."
    first: str = "{time}"  # completes "..., first ...", with the columns of the first faulty row
    of_days: bool = False  # its fault is one of the day, not of steps, and `first` says all there is


def at_least(larger: str, smaller: str) -> dict[str, object]:
    """Arguments of the expectation that one column is never less than another, where both have a value."""
    return {
        "column_A": larger,
        "column_B": smaller,
        "or_equal": True,
        "ignore_row_if": "either_value_is_missing",
    }


PAIR = "ExpectColumnPairValuesAToBeGreaterThanB"

COMPLETENESS = Rule("completeness", "ExpectColumnValuesToNotBeNull", {"column": "value"}, "repair", "missing")
UNIQUENESS = Rule(
    "uniqueness",
    "ExpectCompoundColumnsToBeUnique",
    {"column_list": ["sensor", "event_start"]},
    "warning",  # the last one is believed
    "stated more than once",
)
ALIGNMENT = Rule(
    "alignment",
    "ExpectColumnValuesToBeInSet",
    {"column": "on_grid", "value_set": [True]},
    "error",
    "between the steps of the sensor's resolution",
)
MINIMUM = Rule(
    "minimum",
    PAIR,
    at_least("value", "low"),
    "repair",
    "below the minimum",
    "{value:g} < {low:g} {unit} at {time}",
)
MAXIMUM = Rule(
    "maximum",
    PAIR,
    at_least("high", "value"),
    "repair",
    "above the maximum",
    "{value:g} > {high:g} {unit} at {time}",
)
NIGHT = Rule(
    "night",
    PAIR,
    at_least("night", "value"),
    "warning",
    "of sunshine in the dark",
    "{value:g} > {night:g} {unit} at {time}: is the time zone right?",
)
UNIT = Rule(
    "unit",
    PAIR,
    at_least("day_peak", "smallest_peak"),
    "warning",
    "of a day too small for its unit",
    "{time}: at most {day_peak:g}, are the values in {unit}?",
)

FLAT = Rule(
    "flat",
    PAIR,
    at_least("flat_after", "flat_hours"),
    "warning",
    "stuck at one value",
    "{value:g} {unit} for {flat_hours:g} h around {time}",
)
SPIKE = Rule(
    "spike",
    PAIR,
    at_least("most_excess", "excess"),
    "warning",
    "that stand out",
    "{value:g} {unit} at {time}: {excess:.3g} beyond both its neighbours, usual are {usual_excess:.3g} at most",
)
CONTINUITY = Rule(
    "continuity",
    PAIR,
    at_least("fastest", "jump"),
    "repair",
    "changed faster than they can",
    "by {jump:.3g} {unit} an hour to {value:g} at {time}, possible are {fastest:.3g}",
)
DRIFT = Rule(
    "drift",
    PAIR,
    at_least("most_drift", "drifted"),
    "warning",
    "drifted",
    "the mean of the week before is {recent_mean:.4g} {unit}, of the four weeks before that {usual_mean:.4g}",
    of_days=True,
)
STALENESS = Rule(
    "staleness",
    PAIR,
    at_least("stale_after", "missed"),
    "warning",
    "stale",
    "{missed:.0f} deliveries missed, more than {stale_after:.0f}",
    of_days=True,
)

ENERGY_COUNTED = Rule(
    "energy-counted",
    PAIR,
    at_least("most_apart_kwh", "apart_kwh"),
    "warning",
    "apart from what it counts",
    "{counted_kwh:.4g} kWh counted, {measured_kwh:.4g} kWh measured: at most {most_apart_kwh:.3g} kWh apart is right",
    of_days=True,
)
# of charging sessions, on the columns of `sessions.judge_sessions`
ORDER = Rule(
    "order",
    PAIR,
    at_least("plugged_out", "plugged_in"),
    "error",
    "end before they begin",
    "{session} at {plugged_in}",
)
ENERGY = Rule(
    "energy",
    PAIR,
    at_least("energy_kwh", "nothing"),
    "warning",
    "without energy",
    "{session}: {energy_kwh:g} kWh",
)
ENERGY_IN_BATTERY = Rule(
    "energy-in-battery",
    PAIR,
    at_least("capacity_kwh", "energy_kwh"),
    "warning",
    "with more energy than the battery holds",
    "{session}: {energy_kwh:g} kWh into {capacity_kwh:g} kWh",
)
SMALLEST_BATTERY = Rule(
    "smallest-battery",
    PAIR,
    at_least("capacity_kwh", "least_kwh"),
    "warning",
    "with an implausible battery",
    "{session}: {capacity_kwh:g} kWh",
)
LARGEST_BATTERY = Rule(
    "largest-battery",
    PAIR,
    at_least("most_kwh", "capacity_kwh"),
    "warning",
    "with an implausible battery",
    "{session}: {capacity_kwh:g} kWh",
)
MEAN_POWER = Rule(
    "mean-power",
    PAIR,
    at_least("power_kw", "mean_power_kw"),
    "error",
    "that charged faster than the point can",
    "{session}: {mean_power_kw:.4g} of {power_kw:g} kW",
)
OVERLAP = Rule(
    "overlap",
    PAIR,
    at_least("plugged_in", "previous_out"),
    "warning",
    "that begin before the last one on the plug ended",
    "{session} at {plugged_in}",
)

_SERIES = (COMPLETENESS, UNIQUENESS, ALIGNMENT, MINIMUM, MAXIMUM)
_WATCHED = (*_SERIES, FLAT, SPIKE, DRIFT, STALENESS)

SUITES: Mapping[Kind, tuple[Rule, ...]] = {
    "price": (*_WATCHED, UNIT),
    "emissions": (*_SERIES, STALENESS),
    "load": (*_WATCHED, UNIT),
    "power": (*_SERIES, STALENESS),
    "pv": (*_WATCHED, UNIT, NIGHT),
    "temperature": _WATCHED,
    "irradiance": _WATCHED,
    "heat": (*_WATCHED, UNIT),
    "efficiency": (*_SERIES, STALENESS),
    "availability": (*_SERIES, STALENESS),
    "usage": (*_SERIES, STALENESS),
    # a step without a value is one at which nothing is asked
    "soc-minima": (UNIQUENESS, ALIGNMENT, MINIMUM, MAXIMUM),
    "soc": (*_SERIES, CONTINUITY, STALENESS),
    "meter-total": (*_SERIES, CONTINUITY, STALENESS, ENERGY_COUNTED),
    "ev-session": (
        ORDER,
        ENERGY,
        ENERGY_IN_BATTERY,
        SMALLEST_BATTERY,
        LARGEST_BATTERY,
        MEAN_POWER,
        OVERLAP,
    ),
}
