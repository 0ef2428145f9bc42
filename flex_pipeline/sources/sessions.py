"""Tables with a charging session a row: when a car is plugged in and out, and how much energy it takes.

A sensor of kind ev-session holds the sessions themselves. Three kinds of series follow from the same rows, for a
device whose store is what the plugged-in cars have got: the power that can be charged (availability), the energy
that a car must have got when it leaves (soc-minima), and that it takes it along (usage).
"""

from __future__ import annotations

from datetime import datetime, timedelta

import numpy as np
import polars as pl
from numpy.typing import NDArray
from pydantic import Field

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import table
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.reading import INSTANT, Window, series
from flex_pipeline.sources.table_source import TableSource
from flex_pipeline.sources.units import conversion

SERIES_OF_SESSIONS = ("availability", "soc-minima", "usage")
LONGEST_STAY = timedelta(days=7)  # of a car that is plugged in when a window begins
Instants = NDArray[np.int64]  # microseconds since 1970 in UTC
_NEVER = 2**62  # of these
_HOUR = timedelta(hours=1)


class SessionTable(TableSource):
    """A table of steps or, with a departure-column, of charging sessions: `column` then holds their energy.

    The time of a row is when the car is plugged in. Energies are in kWh, unless `unit` says otherwise.
    """

    departure_column: str | None = Field(default=None, alias="departure-column")  # when it is plugged out
    plug_column: str | None = Field(default=None, alias="plug-column")
    plug: str | None = None  # the one whose sessions are read, of a table with several
    session_column: str | None = Field(
        default=None, alias="session-column"
    )  # a name that no other session has
    battery_column: str | None = Field(
        default=None, alias="battery-column"
    )  # the capacity of the car's battery

    def problems(self, sensor: Sensor) -> list[tuple[str, object, str]]:
        """What does not fit the sensor, as far as can be seen unread: (field, value, why)."""
        if self.departure_column is None:
            return super().problems(sensor)
        if sensor.kind not in ("ev-session", *SERIES_OF_SESSIONS):
            kinds = ", ".join(("ev-session", *SERIES_OF_SESSIONS))
            return [("kind", sensor.kind, f"does not follow from charging sessions; what does: {kinds}")]
        if sensor.kind == "availability" and sensor.capacity_kw is None:
            return [
                ("capacity", "nothing", "is given, but it is what a plugged-in car can take, such as 11 kW")
            ]
        try:
            self._to_kwh()
            _per_inside(sensor)
        except SourceError as error:
            return [(error.field, error.value, error.message)]
        return []

    def reach(self, sensor: Sensor) -> timedelta:
        """How far before a window rows begin that speak of it."""
        return super().reach(sensor) if self.departure_column is None else LONGEST_STAY

    def values_of(self, timed: pl.DataFrame, sensor: Sensor, window: Window) -> pl.DataFrame:
        """As of any table; of sessions the series that follows from them, or themselves as `sessions_of` has them."""
        if self.departure_column is None:
            return super().values_of(timed, sensor, window)
        found = self.sessions_of(timed, sensor, window)
        return found if sensor.kind == "ev-session" else _series(found, sensor, window)

    def sessions_of(self, timed: pl.DataFrame, sensor: Sensor, window: Window) -> pl.DataFrame:
        """The sessions that begin in the window, or shortly before it, by time.

        Columns event_start (plugged in), plugged_out (null while it lasts), value (energy, kWh), capacity_kwh (null
        where unknown), session, plug, and belief_time where the table says it. Raises SourceError.
        """
        assert self.departure_column is not None
        columns = {"departure-column": self.departure_column, "plug-column": self.plug_column}
        columns |= {"session-column": self.session_column, "battery-column": self.battery_column}
        for field, column in {"column": self.column, **columns}.items():
            if column is not None:
                table.require_column(timed, column, f"source.{field}")
        begins = pl.col("event_start").is_between(window.start - LONGEST_STAY, window.end, closed="left")
        rows = timed.filter(begins)
        if self.plug is not None and self.plug_column is not None:
            rows = rows.filter(pl.col(self.plug_column).cast(pl.String) == self.plug)
        return table.numbers(rows, self.column).with_columns(
            pl.col("value") * self._to_kwh(),
            plugged_out=self._plugged_out(rows[self.departure_column], sensor),
            capacity_kwh=self._capacity_kwh(rows),
            plug=self._names(rows, self.plug_column, self.plug or ""),
            session=self._names(rows, self.session_column, None),
            **self.beliefs(rows, sensor),
        )

    def _plugged_out(self, stamps: pl.Series, sensor: Sensor) -> pl.Series:
        is_over = stamps.is_not_null()
        if stamps.dtype == pl.String:
            is_over &= stamps.str.strip_chars() != ""
        times = self.instants(stamps.filter(is_over), "source.departure-column", sensor)
        return pl.Series([None] * len(stamps), dtype=INSTANT).scatter(is_over.arg_true(), times)

    def _to_kwh(self) -> float:
        try:
            return conversion(self.unit or "kWh", "kWh")[0]
        except ValueError as error:
            raise SourceError("source.unit", self.unit, f"{error}, the energy of a session") from error

    def _capacity_kwh(self, rows: pl.DataFrame) -> pl.Series:
        if self.battery_column is None:
            return pl.Series([None] * rows.height, dtype=pl.Float64)
        return table.numbers(rows, self.battery_column)["value"] * self._to_kwh()

    @staticmethod
    def _names(rows: pl.DataFrame, column: str | None, otherwise: str | None) -> pl.Series:
        """A column as text; without one, the same for all or, of sessions, when and where they began."""
        if column is not None:
            return rows[column].cast(pl.String)
        if otherwise is not None:
            return pl.Series([otherwise] * rows.height, dtype=pl.String)
        return rows["event_start"].dt.strftime("%Y-%m-%dT%H:%MZ")


def _series(sessions: pl.DataFrame, sensor: Sensor, window: Window) -> pl.DataFrame:
    """(event_start, value) of the steps of the window, in the unit of the sensor.

    The step in which a car leaves counts as away: by its start it has what it needs, and in it this is gone.
    """
    step = sensor.resolution // timedelta(microseconds=1)
    first = _microseconds(window.start) // step * step
    starts = np.arange(first, _microseconds(window.end), step)
    begins = sessions["event_start"].dt.epoch("us").to_numpy()
    leaving = sessions["plugged_out"].dt.epoch("us").fill_null(_NEVER).to_numpy() // step * step
    if sensor.kind == "availability":
        assert sensor.capacity_kw is not None  # or `problems` had said so
        plugged_in = np.minimum(1.0, _share(starts, step, begins, leaving))
        values = plugged_in * sensor.capacity_kw
    else:
        taken_kwh = np.zeros(len(starts))
        place = (leaving - first) // step
        inside = (place >= 0) & (place < len(starts))
        np.add.at(taken_kwh, place[inside], np.nan_to_num(sessions["value"].to_numpy()[inside]))
        values = taken_kwh / (sensor.resolution / _HOUR)
        if sensor.kind == "soc-minima":
            values = np.where(taken_kwh > 0, taken_kwh, np.nan)
    times = pl.Series(starts, dtype=pl.Int64).cast(INSTANT).to_list()
    return series(times, (values * _per_inside(sensor)).tolist()).with_columns(pl.col("value").fill_nan(None))


def _per_inside(sensor: Sensor) -> float:
    """Units of the sensor in a kW of power, or a kWh of energy."""
    inside = "kW" if sensor.kind in ("availability", "usage") else "kWh"
    try:
        return conversion(inside, sensor.unit)[0]
    except ValueError as error:
        raise SourceError(
            "unit", sensor.unit, f"a sensor of kind {sensor.kind} is in {inside} or the like"
        ) from error


def _share(starts: Instants, step: int, begins: Instants, ends: Instants) -> NDArray[np.float64]:
    """The part of each step in which cars are plugged in: 2 where two are, all of it."""
    overlap = np.minimum(ends, starts[:, None] + step) - np.maximum(begins, starts[:, None])
    return np.asarray(overlap.clip(0, None).sum(axis=1) / step)


def _microseconds(instant: datetime) -> int:
    return (instant - datetime.fromtimestamp(0, instant.tzinfo)) // timedelta(microseconds=1)
