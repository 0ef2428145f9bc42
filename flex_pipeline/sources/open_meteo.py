"""Open-Meteo: weather forecasts as they were believed, and the reanalysis of what the weather was."""

from __future__ import annotations

import re
from collections.abc import Hashable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

import polars as pl
from pydantic import Field, model_validator

from flex_pipeline.portfolio.sensor import Duration, Sensor
from flex_pipeline.sources import http
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.reading import INSTANT, Reading, Window, series
from flex_pipeline.sources.resampling import Statistic
from flex_pipeline.sources.web import (
    Address,
    Question,
    Variable,
    WebSource,
    json_object,
    numbers_or_none,
    refused,
)

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
Weather = Literal["forecast", "archive"]
_FORECAST, _PREVIOUS, _ARCHIVE = "api", "previous-runs-api", "archive-api"
_OLDEST_RUN_DAYS = 7
# stamped at the end of the hour they are the mean of, or the sum over; all else is at an instant
_MEANS = re.compile(r"radiation|irradiance")
_SUMS = re.compile(r"precipitation$|rain$|showers$|snowfall$|sunshine_duration|evapotranspiration")


class OpenMeteoQuestion(Question):
    """A variable at a place; the site's location, unless another is given."""

    variable: str = Field(pattern=r"^[a-z0-9_]+$")
    weather: Weather = "forecast"
    model: str | None = None
    issued_by: str | None = Field(default=None, alias="issued-by", pattern=r"^[a-z0-9_]+$")
    lead_days: tuple[int, ...] = Field(default=(0, 1, 2), alias="lead-days")
    published_after: Duration = Field(default=timedelta(hours=6), alias="published-after")
    latitude: float | None = Field(default=None, ge=-90, le=90)
    longitude: float | None = Field(default=None, ge=-180, le=180)
    key_env: Variable | None = Field(default=None, alias="key-env")
    url: Address | None = None

    @model_validator(mode="after")
    def _place_and_days_are_whole(self) -> OpenMeteoQuestion:
        if (self.latitude is None) != (self.longitude is None):
            raise ValueError("needs latitude and longitude, or neither: then the site's location holds")
        if not self.lead_days or any(not 0 <= day <= _OLDEST_RUN_DAYS for day in self.lead_days):
            raise ValueError(f"lead-days are whole days from 0 to {_OLDEST_RUN_DAYS}, for example [0, 1, 2]")
        return self

    def address(self, service: str, path: str) -> str:
        """Where a service is asked: customers have servers of their own."""
        customer = "customer-" if self.key_env else ""
        return f"{self.url or f'https://{customer}{service}.open-meteo.com'}{path}"

    def params(self, variables: list[str], window: Window, sensor: Sensor) -> dict[str, str]:
        """What is asked, for the whole UTC days of a window."""
        latitude, longitude = self.place(sensor)
        asked = {
            "latitude": f"{latitude:g}",
            "longitude": f"{longitude:g}",
            "hourly": ",".join(variables),
            "start_date": f"{window.start:%Y-%m-%d}",
            "end_date": f"{window.end:%Y-%m-%d}",
            "timeformat": "unixtime",
            "timezone": "GMT",
        }
        if self.model:
            asked["models"] = self.model
        if self.key_env:
            asked["apikey"] = http.secret(self.key_env, "the key of Open-Meteo")
        return asked

    def of_leads(self, variable: str) -> list[str]:
        """What the runs of each of the lead-days said of a variable, as it is asked for."""
        return [variable + (f"_previous_day{day}" if day else "") for day in self.lead_days]

    def place(self, sensor: Sensor) -> tuple[float, float]:
        """Latitude and longitude [degrees]. Raises SourceError where neither source nor site has them."""
        here = (
            (self.latitude, self.longitude)
            if self.latitude is not None
            else (sensor.latitude, sensor.longitude)
        )
        if here[0] is None or here[1] is None:
            message = "is given; weather needs latitude and longitude, here or as the site's location"
            raise SourceError("source.open-meteo.latitude", "nothing", message)
        return here[0], here[1]


class OpenMeteoSource(WebSource):
    """A variable of the weather. The unit is Open-Meteo's, such as °C or W/m²."""

    open_meteo: OpenMeteoQuestion = Field(alias="open-meteo")

    def name(self) -> str:
        """The weather and the variable."""
        return f"open-meteo:{self.open_meteo.weather} {self.open_meteo.variable}"

    def problems(self, sensor: Sensor) -> list[tuple[str, object, str]]:
        """What does not fit the sensor: also a place that nobody gives."""
        try:
            self.open_meteo.place(sensor)
        except SourceError as error:
            return [(error.field, error.value, error.message)]
        return super().problems(sensor)

    def together(self, sensor: Sensor) -> tuple[Hashable, str]:
        """The question that can ask for this variable and others, and the variable."""
        asked = self.open_meteo
        return (asked.model_copy(update={"variable": ""}), asked.place(sensor)), asked.variable

    def _wanted_together(self, variables: list[str], sensor: Sensor, window: Window) -> list[str]:
        """The variables to ask for: those of all who ask the same question."""
        if window.together is None:
            return variables
        asked, (question, own) = self.open_meteo, self.together(sensor)
        names = sorted(window.together.names.get(question, {own}))
        return names if variables == [own] else [name for each in names for name in asked.of_leads(each)]

    def read(self, sensor: Sensor, window: Window, base: Path) -> Reading:
        """Forecasts with the time they were issued, fetched or could be known; the archive by the sensor's rule.

        A window that lies ahead gets the newest forecast; one that is over gets what the runs of its own day and
        of the days before said of it. Raises SourceError.
        """
        if self.open_meteo.weather == "archive":
            return Reading(
                self._hours([self.open_meteo.variable], _ARCHIVE, "/v1/archive", sensor, window)[0]
            )
        if window.end > window.now:
            return Reading(self._newest(sensor, window))
        return Reading(self._as_believed_then(sensor, window))

    def _newest(self, sensor: Sensor, window: Window) -> pl.DataFrame:
        issued = self._issued(window)  # first: what follows may be of a newer run, never of an older one
        values = self._hours([self.open_meteo.variable], _FORECAST, "/v1/forecast", sensor, window)[0]
        return values.with_columns(belief_time=pl.lit(issued, INSTANT))

    def _issued(self, window: Window) -> datetime:
        """When the newest run came out, or now where Open-Meteo is not asked which model it is of."""
        model = self.open_meteo.issued_by
        if model is None:
            return window.now
        answer = window.get(self.open_meteo.address(_FORECAST, f"/data/{model}/static/meta.json"))
        document = json_object(answer, "Open-Meteo")
        stated = document.get("last_run_availability_time")
        if answer.status != 200 or isinstance(stated, bool) or not isinstance(stated, int | float):
            raise refused(answer, f"no last_run_availability_time of {model}")
        return min(window.now, _instant(stated, answer))

    def _as_believed_then(self, sensor: Sensor, window: Window) -> pl.DataFrame:
        """Of each lead, the value of the last run that is at least so many days older than the step."""
        asked = self.open_meteo
        names = asked.of_leads(asked.variable)
        found = self._hours(names, _PREVIOUS, "/v1/forecast", sensor, window)
        known = [
            values.with_columns(
                belief_time=pl.col("event_start") + sensor.resolution - day * DAY + asked.published_after
            )
            for day, values in zip(asked.lead_days, found, strict=True)
        ]
        return pl.concat(known).drop_nulls("value").sort("event_start", "belief_time")

    def _hours(
        self, variables: list[str], service: str, path: str, sensor: Sensor, window: Window
    ) -> list[pl.DataFrame]:
        """(event_start, value) for the sensor, of each variable. Raises SourceError."""
        near = window.wider(max(HOUR, sensor.resolution))
        asked = self.open_meteo
        wanted = self._wanted_together(variables, sensor, window)
        answer = window.get(asked.address(service, path), asked.params(wanted, near.asked(), sensor))
        document = json_object(answer, "Open-Meteo")
        if answer.status != 200 or document.get("error"):
            raise refused(answer, str(document.get("reason", "")), asked.key_env)
        times = _times(document, answer)
        frames = [_column(document, times, variable, answer) for variable in variables]
        statistic, stamped_after = _statistic(asked.variable)
        return [
            self.to_sensor(
                frame.with_columns(pl.col("event_start") - stamped_after).filter(near.holds()),
                sensor,
                self.unit or _unit(document, variable, answer),
                HOUR,
                statistic,
            )
            for variable, frame in zip(variables, frames, strict=True)
        ]


def _statistic(variable: str) -> tuple[Statistic, timedelta]:
    """What a value says of its hour, and how long after the start of the hour it is stamped."""
    if _MEANS.search(variable) and not variable.endswith("_instant"):
        return "average", HOUR
    return ("total", HOUR) if _SUMS.search(variable) else ("state", timedelta(0))


def _hourly(document: dict[str, Any], part: str, answer: http.Answer) -> dict[str, Any]:
    found = document.get(part)
    if not isinstance(found, dict):
        raise SourceError("content", part, "is missing from the answer", file=answer.place)
    return found


def _times(document: dict[str, Any], answer: http.Answer) -> list[datetime]:
    stamps = numbers_or_none(_hourly(document, "hourly", answer).get("time"), "content hourly.time", answer)
    return [_instant(stamp, answer) for stamp in stamps]


def _instant(stamp: float | None, answer: http.Answer) -> datetime:
    try:
        return datetime.fromtimestamp(stamp or 0, UTC)
    except (ValueError, OverflowError, OSError):
        raise SourceError(
            "content time", stamp, "is not a time in seconds since 1970", file=answer.place
        ) from None


def _column(
    document: dict[str, Any], times: list[datetime], variable: str, answer: http.Answer
) -> pl.DataFrame:
    hourly = _hourly(document, "hourly", answer)
    if variable not in hourly:
        there = ", ".join(name for name in hourly if name != "time") or "nothing"
        raise SourceError(
            "content hourly", variable, f"is not in the answer; there is: {there}", file=answer.place
        )
    values = numbers_or_none(hourly[variable], f"content hourly.{variable}", answer)
    if len(values) != len(times):
        message = f"values for {len(times)} hours: the answer is cut off"
        raise SourceError(f"content hourly.{variable}", len(values), message, file=answer.place)
    return series(times, values)


def _unit(document: dict[str, Any], variable: str, answer: http.Answer) -> str:
    unit = _hourly(document, "hourly_units", answer).get(variable)
    if not isinstance(unit, str):
        raise SourceError("content hourly_units", variable, "has no unit in the answer", file=answer.place)
    return unit
