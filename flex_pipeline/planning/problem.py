"""From a site of the portfolio and what is believed to a problem file: each sensor becomes its values."""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flex_pipeline.planning.horizon import Horizon
from flex_pipeline.planning.state_of_charge import measured_by, near_start, with_start
from flex_pipeline.portfolio.fields import sensors_in
from flex_pipeline.portfolio.portfolio import Device, Portfolio, Site
from flex_pipeline.timeseries.grid import Grid, utc_instant
from flex_pipeline.timeseries.variable_quantity import parse_instant, parse_length

Array = NDArray[np.float64]

WALL_CLOCK = re.compile(r"\d\d:\d\d")
TIMES = ("start", "end", "datetime", "time")
WINDOW = ("earliest-start", "latest-end")  # of a process
NO_UNIT = ("dimensionless", "")


class NoValuesError(ValueError):
    """A sensor of which nothing is believed for some step of the day."""

    def __init__(self, sensor: str, message: str) -> None:
        self.sensor = sensor
        super().__init__(f"{sensor}: {message}")


@dataclass(frozen=True)
class Values:
    """What is believed about the sensors of a portfolio over a horizon."""

    portfolio: Portfolio
    beliefs: Mapping[str, pl.DataFrame]  # by sensor: event_start, value, by time

    def until(self, sensor: str, start: datetime) -> datetime:
        """The end of the unbroken stretch of values from `start`; `start` when there is none."""
        step = self.portfolio.sensors[sensor].resolution
        begins, _ = self._known(sensor, start)
        ends = np.append(utc_instant(start), begins + np.timedelta64(step))
        unbroken = np.logical_and.accumulate(begins <= ends[:-1])
        reached: datetime = ends[unbroken.sum()].item().replace(tzinfo=UTC)
        return max(reached, start)

    def series(self, sensor: str, start: datetime, end: datetime) -> dict[str, Any]:
        """The values of the steps that overlap [start, end), as a problem file has them; a gap is null."""
        described = self.portfolio.sensors[sensor]
        first = _floor(start, described.resolution)
        values: list[float | None] = [None] * -(-(end - first) // described.resolution)
        begins, known = self._known(sensor, start, end)
        steps = (begins - utc_instant(first)) // np.timedelta64(described.resolution)
        for step, value in zip(steps.tolist(), known.tolist(), strict=True):
            values[step] = round(value, 9)
        return {
            "start": first.isoformat(),
            "resolution": _iso(described.resolution),
            "unit": "" if described.unit in NO_UNIT else described.unit,
            "values": values,
        }

    def instants(self, sensor: str, start: datetime, end: datetime) -> list[dict[str, Any]]:
        """A requirement at the start of each step that has one."""
        unit = self.portfolio.sensors[sensor].unit
        begins, known = self._known(sensor, start, end)
        return [
            {"datetime": at.replace(tzinfo=UTC).isoformat(), "value": f"{value:.9g} {unit}"}
            for at, value in zip(begins[known > 0].tolist(), known[known > 0].tolist(), strict=True)
        ]

    def measured(self, sensor: str, first: datetime, last: datetime) -> list[dict[str, Any]]:
        """The states at the instants in [first, last]."""
        unit = self.portfolio.sensors[sensor].unit
        frame = self.beliefs[sensor].filter(pl.col("event_start").is_between(first, last))
        return [
            {"datetime": row["event_start"].isoformat(), "value": f"{row['value']:.9g} {unit}"}
            for row in frame.iter_rows(named=True)
        ]

    def _known(
        self, sensor: str, start: datetime, end: datetime = datetime.max
    ) -> tuple[NDArray[np.datetime64], NDArray[np.float64]]:
        """Starts and values of the steps that overlap [start, end) of which one is believed."""
        # numpy: polars takes 0.1 ms to filter a frame, however small, and a site has a dozen
        beliefs = self.beliefs[sensor]
        begins = beliefs["event_start"].to_numpy()
        first = _floor(start, self.portfolio.sensors[sensor].resolution)
        inside = slice(*np.searchsorted(begins, [utc_instant(first), utc_instant(end)]))
        return begins[inside], beliefs["value"].to_numpy()[inside]


def site_problem(
    site: Site,
    devices: Collection[Device],
    values: Values,
    horizon: Horizon,
    soc_at_start_kwh: Mapping[str, float],
) -> dict[str, Any]:
    """The problem file of a site-day. Raises NoValuesError where the day itself is not covered.

    The horizon ends early where values do: beyond the day they are an advantage, not a need.
    """
    documents = [
        site.flex_context,
        *([device.flex_model, device.flex_context] for device in devices),
        *site.groups.values(),
    ]
    needed = set(sensors_in(documents, with_default=False).values())
    end = _covered(needed, values, horizon)
    settings = values.portfolio.settings
    zone = ZoneInfo(site.timezone)
    planned = [device.name for device in devices]

    def resolved(mapping: Mapping[str, Any]) -> Any:
        return stated(mapping, values, horizon.start, end, zone)

    def model_of(device: Device) -> dict[str, Any]:
        model = resolved(device.flex_model)
        if device.type == "process":
            return _of_the_day(_among(planned, model), horizon, end, zone)
        carried_kwh = soc_at_start_kwh.get(device.device_id)
        return with_start(device, model, _measured(device, values, horizon), carried_kwh)

    return {
        "start": horizon.start.astimezone(zone).isoformat(),
        "end": end.astimezone(zone).isoformat(),
        "resolution": _iso(settings.resolution),
        "timezone": site.timezone,
        "flex_context": _about(resolved(site.flex_context), {device.name for device in devices}),
        "devices": [
            {
                "name": device.name,
                "type": device.type,
                "sensor_resolution": _iso(settings.resolution),
                "flex_model": model_of(device),
                **({"flex_context": resolved(device.flex_context)} if device.flex_context else {}),
            }
            for device in devices
        ]
        + [
            {"name": name, "type": "group", "flex_model": resolved(model)}
            for name, model in site.groups.items()
        ],
    }


def stated(given: Any, values: Values, start: datetime, end: datetime, zone: ZoneInfo) -> Any:
    """Fields of a portfolio as a problem file has them: values in place of sensors, dates beside times of day."""
    return _recurring(_with_values(given, values, start, end), _days(start, end, zone), zone)


def grid_of(problem: Mapping[str, Any]) -> Grid:
    """The steps of a problem file."""
    start, end = (parse_instant(problem[name]) for name in ("start", "end"))
    return Grid.from_bounds(start, end, parse_length(problem["resolution"]))


def input_hash(problem: Mapping[str, Any]) -> str:
    """Equal for equal problems: by it a plan is known."""
    return hashlib.sha256(json.dumps(problem, sort_keys=True, separators=(",", ":")).encode()).hexdigest()


def _covered(needed: Collection[str], values: Values, horizon: Horizon) -> datetime:
    end = horizon.end
    for sensor in sorted(needed):
        described = values.portfolio.sensors[sensor]
        if described.is_sparse or described.is_state:
            continue
        until = values.until(sensor, horizon.start)
        if until < horizon.day_end:
            raise NoValuesError(
                sensor,
                f"nothing known or forecast at {horizon.planning_time:%Y-%m-%d %H:%M} UTC "
                f"for the step at {until:%Y-%m-%d %H:%M} UTC",
            )
        end = min(end, until)
    settings = values.portfolio.settings
    return horizon.start + (end - horizon.start) // settings.resolution * settings.resolution


def _with_values(given: Any, values: Values, start: datetime, end: datetime) -> Any:
    if isinstance(given, list):
        return [_with_values(item, values, start, end) for item in given]
    if not isinstance(given, Mapping):
        return given
    if "sensor" not in given:
        resolved = {key: _with_values(item, values, start, end) for key, item in given.items()}
        return {key: item for key, item in resolved.items() if item != []}
    name = given["sensor"]
    if values.portfolio.sensors[name].is_state:
        return []  # what was measured is stated by the instant, see `with_start`
    if values.portfolio.sensors[name].is_sparse:
        return values.instants(name, start, end)
    rest = {key: item for key, item in given.items() if key != "sensor"}
    return {"series": values.series(name, start, end), **rest}


def _recurring(given: Any, days: Collection[date], zone: ZoneInfo) -> Any:
    """Each statement with a time of day as one statement a day, with the date."""
    if isinstance(given, Mapping):
        # a series has numbers only, and many
        return {k: v if k == "series" else _recurring(v, days, zone) for k, v in given.items()}
    if not isinstance(given, list):
        return given
    dated: list[Any] = []
    for item in given:
        if isinstance(item, Mapping) and any(WALL_CLOCK.fullmatch(str(item.get(key, ""))) for key in TIMES):
            dated += [_on(item, day, zone) for day in days]
        else:
            dated.append(_recurring(item, days, zone))
    return dated


def _on(item: Mapping[str, Any], day: date, zone: ZoneInfo) -> dict[str, Any]:
    """A recurring statement on one day; one that ends before it starts reaches over midnight."""
    start, end = item.get("start"), item.get("end")
    over_midnight = start is not None and end is not None and end <= start

    def at(key: str, text: str) -> str:
        late = timedelta(days=1) if over_midnight and key == "end" else timedelta(0)
        return datetime.combine(day + late, time.fromisoformat(text), zone).isoformat()

    return {("datetime" if k == "time" else k): at(k, v) if k in TIMES else v for k, v in item.items()}


def _about(context: Any, names: Collection[str]) -> Any:
    """A flex-context without commitments about devices that are not planned."""
    if isinstance(context, list):
        return [_about(item, names) for item in context]
    if not isinstance(context, Mapping):
        return context
    kept = {key: _about(item, names) for key, item in context.items()}
    if "commitments" in kept:
        kept["commitments"] = [c for c in kept["commitments"] if set(c.get("devices", ())) <= set(names)]
    return kept


def _among(planned: Collection[str], process: dict[str, Any]) -> dict[str, Any]:
    """A process that waits for none that is left out."""
    if "after" not in process:
        return process
    return process | {"after": [name for name in process["after"] if name in planned]}


def _of_the_day(process: dict[str, Any], horizon: Horizon, end: datetime, zone: ZoneInfo) -> dict[str, Any]:
    """A process runs within its day, not in the look-ahead, unless its window reaches over midnight.

    Its times of day get the date: that of the day, and of the next for the end of such a window.
    """
    day = horizon.start.astimezone(zone).date()
    clock = {name: process[name] for name in WINDOW if WALL_CLOCK.fullmatch(str(process.get(name, "")))}
    over_midnight = len(clock) == len(WINDOW) and clock["latest-end"] < clock["earliest-start"]
    last = day + timedelta(days=1) if over_midnight else day
    dates = {"earliest-start": day, "latest-end": last}
    dated = {
        name: datetime.combine(dates[name], time.fromisoformat(at), zone).isoformat()
        for name, at in clock.items()
    }
    if over_midnight or end == horizon.day_end:
        return process | dated
    tomorrow = {"start": horizon.day_end.isoformat(), "duration": _iso(end - horizon.day_end)}
    return process | dated | {"time-restrictions": [*process.get("time-restrictions", []), tomorrow]}


def _measured(device: Device, values: Values, horizon: Horizon) -> list[dict[str, Any]]:
    sensor = measured_by(device)
    if sensor is None:
        return []
    return values.measured(sensor, *near_start(horizon, values.portfolio.settings.resolution))


def _days(start: datetime, end: datetime, zone: ZoneInfo) -> list[date]:
    """The local days of a horizon, and the one before it, whose statements may reach over midnight."""
    first = start.astimezone(zone).date() - timedelta(days=1)
    last = end.astimezone(zone).date()
    return [first + timedelta(days=int(i)) for i in np.arange((last - first).days + 1)]


def _floor(instant: datetime, step: timedelta) -> datetime:
    return instant - timedelta(seconds=instant.timestamp() % step.total_seconds())


def _iso(duration: timedelta) -> str:
    return f"PT{int(duration.total_seconds() // 60)}M"
