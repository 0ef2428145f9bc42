"""A sensor: one series of numbers about the world, and the rule for when each number can be known."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, time, timedelta
from typing import Annotated, Any
from zoneinfo import ZoneInfo

from pydantic import BaseModel, ConfigDict, Field, WithJsonSchema, field_validator, model_validator

from flex_pipeline.portfolio.duration import Duration
from flex_pipeline.portfolio.expected import Expected, Repair, with_defaults
from flex_pipeline.portfolio.kind import Kind
from flex_pipeline.portfolio.regressors import Regressors

# in a JSON Schema, the format "time" asks for an offset
TimeOfDay = Annotated[
    time, WithJsonSchema({"type": "string", "pattern": "^[012]?\\d:[0-5]\\d", "examples": ["13:15"]})
]

__all__ = ["Duration", "Kind", "Known", "Sensor", "TimeOfDay"]


class Known(BaseModel):
    """When a value can be known, for sources that give no time of their own.

    `day-ahead`: the whole local day is published on the day before at that time (prices, a driver's plans).
    Otherwise a value is known `delay` after the end of its interval (a meter).
    """

    model_config = ConfigDict(extra="forbid", populate_by_name=True, frozen=True)

    day_ahead: TimeOfDay | None = Field(
        default=None,
        alias="day-ahead",
        description="The whole local day is known from this time on the day before.",
    )
    delay: Duration = Field(
        default=timedelta(0), description="Otherwise, how long after the end of its step a value is known."
    )

    def at(self, event_start: datetime, resolution: timedelta, timezone: ZoneInfo) -> datetime:
        """The time (UTC) from which the value of the step at `event_start` can be known."""
        if self.day_ahead is None:
            return event_start + resolution + self.delay
        day = event_start.astimezone(timezone).date()
        published = datetime.combine(day - timedelta(days=1), self.day_ahead, timezone)
        return published.astimezone(ZoneInfo("UTC"))


class Sensor(BaseModel):
    """One series: its unit, step and kind, where it is read from and when it is known."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    name: str
    unit: str = Field(description="Of its values, such as kW or EUR/MWh.")
    resolution: Duration = Field(description="The length of its steps, of which an hour has a whole number.")
    kind: Kind = Field(description="What it measures: by this it is judged and forecast.")
    timezone: str = Field(description="Where its local days begin.")
    source: dict[str, Any] = Field(description="Where its values are read from: see docs/sources.md.")
    known: Known = Field(
        default=Known(), description="When a value can be known, where its source does not say."
    )
    capacity_kw: float | None = Field(
        default=None, alias="capacity", description="The most that it can measure, as a power such as 5 kW."
    )
    latitude: float | None = None
    longitude: float | None = None
    site: str | None = None  # None: shared by all sites, such as a market price
    regressors: Regressors = Field(
        default=Regressors(),
        description="Other sensors that it is forecast from, for example `{future: [home-01.temperature]}`.",
    )
    quality: Expected = Expected()
    repair: Repair = Repair()

    @model_validator(mode="before")
    @classmethod
    def _expects_what_its_kind_does(cls, given: Any) -> Any:
        return with_defaults(given) if isinstance(given, Mapping) else given

    @field_validator("resolution")
    @classmethod
    def _a_day_has_whole_steps(cls, value: timedelta) -> timedelta:
        if value <= timedelta(0) or timedelta(hours=1) % value:
            raise ValueError("an hour must hold a whole number of steps, for example PT15M")
        return value

    @model_validator(mode="after")
    def _pv_has_a_place(self) -> Sensor:
        if self.kind == "pv" and self.latitude is None:
            raise ValueError("a pv sensor needs a location on its site: the sun's position bounds it")
        return self

    @property
    def is_sparse(self) -> bool:
        """Whether a step without a value says something: that nothing is asked."""
        return self.kind == "soc-minima"

    @property
    def is_state(self) -> bool:
        """Whether it only says where plans start from: it is never forecast, and need not cover a horizon."""
        return self.kind in ("soc", "meter-total", "power")

    @property
    def is_log(self) -> bool:
        """Whether it holds sessions, each with a begin and an end, and not a value for each step."""
        return self.kind == "ev-session"

    def knows(self, event_start: datetime, instant: datetime) -> bool:
        """Whether the value of the step at `event_start`, or that it has none, can be known at an instant."""
        return self.known.at(event_start, self.resolution, ZoneInfo(self.timezone)) <= instant
