"""What is expected of a sensor's values, how bad it is when they are not so, and what fills them in then."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any, Literal, get_args

from pydantic import BaseModel, ConfigDict, Field, field_validator

from flex_pipeline.portfolio.duration import Duration
from flex_pipeline.portfolio.kind import Kind

RULES = (
    "completeness",
    "uniqueness",
    "alignment",
    "minimum",
    "maximum",
    "unit",
    "night",
    "flat",
    "spike",
    "drift",
    "staleness",
    "continuity",
    "energy-counted",
    "order",
    "energy",
    "energy-in-battery",
    "smallest-battery",
    "largest-battery",
    "mean-power",
    "overlap",
)
# the rules that name single steps, whose values can be set aside and filled in
REPAIRABLE: frozenset[str] = frozenset(
    {"completeness", "minimum", "maximum", "night", "flat", "spike", "continuity"}
)
# error: keeps what depends on the sensor from being planned; repair: so, if the policy cannot fill it in
Severity = Literal["error", "warning", "repair"]


class Expected(BaseModel):
    """Thresholds of the rules that need one; what is `null` is not judged."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    minimum: float | None = None  # in the unit of the sensor, instead of what the kind and capacity allow
    maximum: float | None = None
    flat_after: Duration | None = Field(default=None, alias="flat-after", gt=timedelta(0))
    # times the excess over both neighbours that is usual on a day
    spike: float | None = Field(default=None, gt=0)
    # how many times the daily mean's usual spread the mean of a week may differ from the four weeks before
    drift: float | None = Field(default=None, gt=0)
    stale_after: int | None = Field(default=None, alias="stale-after", ge=0)  # missed deliveries
    energy_of: str | None = Field(
        default=None, alias="energy-of"
    )  # the load or pv whose energy a meter counts
    apart: float = Field(default=0.05, ge=0)  # as a share, how far its count may be from that
    severity: Mapping[str, Severity] = Field(default_factory=dict)

    @field_validator("severity")
    @classmethod
    def _of_rules(cls, value: Mapping[str, Severity]) -> Mapping[str, Severity]:
        if unknown := sorted(value.keys() - set(RULES)):
            raise ValueError(f'"{unknown[0]}" is not a rule; there are: {", ".join(RULES)}')
        wrong = sorted(rule for rule, severity in value.items() if severity == "repair")
        if wrong := [rule for rule in wrong if rule not in REPAIRABLE]:
            raise ValueError(
                f"{wrong[0]} is not about single steps, so nothing can be filled in: write error or warning; "
                f"repair is for {', '.join(sorted(REPAIRABLE))}"
            )
        return value


class Repair(BaseModel):
    """The longest gap that each rule fills; a gap is filled by the first rule that may. Without any, by none."""

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    hold: Duration | None = None  # the last value before the gap
    interpolate: Duration | None = None  # a straight line from the value before to the value after
    similar_days: Duration | None = Field(default=None, alias="similar-days")  # median of the same hour
    forecast: Duration | None = None  # what was forecast for the step


_RANGE_IS_FINAL = {"completeness": "error", "minimum": "error", "maximum": "error"}
EXPECTED: Mapping[Kind, Mapping[str, Any]] = {
    "price": {"spike": 20, "drift": 3, "stale-after": 1, "severity": _RANGE_IS_FINAL},
    "emissions": {"stale-after": 8},
    "load": {"flat-after": "PT12H", "spike": 8, "drift": 3, "stale-after": 8},
    "pv": {"flat-after": "PT3H", "drift": 3, "stale-after": 8},
    "power": {"stale-after": 8, "severity": {"completeness": "warning"}},
    "temperature": {"flat-after": "PT12H", "spike": 8, "drift": 3, "stale-after": 8},
    "irradiance": {"flat-after": "PT3H", "drift": 3, "stale-after": 8},
    "heat": {"drift": 3, "stale-after": 8},
    "efficiency": {"stale-after": 8},
    "availability": {"stale-after": 8},
    "usage": {"stale-after": 8},
    "soc-minima": {"severity": {"minimum": "error", "maximum": "error"}},
    # a plan does without a measured start: then it takes the stock that the day before leaves
    "soc": {"stale-after": 8, "severity": {"completeness": "warning"}},
    "meter-total": {"stale-after": 8, "severity": {"completeness": "warning"}},
    "ev-session": {},
}
_LIKE_WEATHER = {"interpolate": "PT3H", "similar-days": "P1D"}
REPAIR: Mapping[Kind, Mapping[str, Any]] = {
    "emissions": _LIKE_WEATHER,
    "load": {"interpolate": "PT2H", "similar-days": "P1D"},
    "pv": {"interpolate": "PT2H", "similar-days": "P1D"},
    "temperature": _LIKE_WEATHER,
    "irradiance": _LIKE_WEATHER,
    "heat": {"interpolate": "PT2H", "similar-days": "P1D"},
    "efficiency": _LIKE_WEATHER,
    "availability": {"hold": "PT1H"},
    "usage": {"hold": "PT1H"},
    "soc": {"hold": "PT1H"},
}


def with_defaults(given: Mapping[str, Any]) -> dict[str, Any]:
    """The fields of a sensor with what is expected of its kind where it does not say otherwise.

    Severities add up rule by rule; a repair policy that is given takes the place of the kind's as a whole.
    """
    kind: Any = given.get("kind")
    if kind not in get_args(Kind):
        return dict(given)
    expected = merged(EXPECTED[kind], given.get("quality", {}))
    return {"repair": REPAIR.get(kind, {})} | dict(given) | {"quality": expected}


def merged(usual: Mapping[str, Any], given: Any) -> Any:
    """Expectations where `given` goes first, field by field and severity by severity."""
    if not isinstance(given, Mapping) or not isinstance(given.get("severity", {}), Mapping):
        return given  # for pydantic to complain about
    severity = dict(usual.get("severity", {})) | dict(given.get("severity", {}))
    return dict(usual) | dict(given) | {"severity": severity}
