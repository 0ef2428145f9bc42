"""Backtest from the warehouse: what the pipeline would have forecast on past days, with what was believed then."""

from __future__ import annotations

import difflib
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from functools import cached_property
from zoneinfo import ZoneInfo

import polars as pl
from sqlalchemy import Engine

from flex_pipeline.forecasting.accuracy import WEEK, accuracy, compared
from flex_pipeline.forecasting.error import ForecastError
from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.model import Model
from flex_pipeline.planning.accuracy import forecastable, read_measured
from flex_pipeline.planning.forecasts import ForecastDesk, ForecastInputs
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.timeseries.grid import local_day
from flex_pipeline.warehouse.accuracy import replace_accuracy
from flex_pipeline.warehouse.recording import EVER

DAY = timedelta(days=1)


class BacktestError(ValueError):
    """No backtest is possible; the message names the sensor and what is missing."""


@dataclass(frozen=True)
class Backtested:
    """What would have been forecast of one sensor for the steps of some days, and what was measured.

    `steps`: sensor, origin, model, ladder_step, event_start, low, middle, high, measured, naive.
    `without_history`: the days that could not be forecast.
    """

    sensor: Sensor
    days: tuple[date, date]  # the first and the last
    steps: pl.DataFrame
    without_history: tuple[date, ...]

    @cached_property
    def rows(self) -> pl.DataFrame:
        """Accuracy by day, model, lead and hour, see `accuracy`."""
        return accuracy(self.steps, self.sensor.timezone)


@dataclass(frozen=True)
class Backtester:
    """Rolls the origin over the planning times of past days, as the pipeline does: its inputs, trained once a week.

    Inputs are read as of the origin, so a later belief has no say; only the measured values come from after it.
    """

    engine: Engine
    portfolio: Portfolio

    def sensor(self, name: str) -> Sensor:
        """The sensor of a name; BacktestError with a near one where there is none, or none to be forecast."""
        known = {sensor.name: sensor for sensor in forecastable(self.portfolio)}
        if name in known:
            return known[name]
        if name in self.portfolio.sensors:
            kind = self.portfolio.sensors[name].kind
            raise BacktestError(f'sensor "{name}" is of kind {kind}, which is not forecast step by step')
        near = difflib.get_close_matches(name, known, n=3)
        hint = f"did you mean {' or '.join(near)}?" if near else f"those there are: {', '.join(known)}"
        raise BacktestError(f'sensor "{name}" is not in the portfolio; {hint}')

    def backtest(self, name: str, first: date, last: date, now: datetime) -> Backtested:
        """Forecast all steps of the local days from `first` to `last` as at each planning time that reaches them.

        The rows of an earlier backtest of the sensor and days are replaced. BacktestError where there is nothing to
        forecast from, or to compare with.
        """
        sensor = self.sensor(name)
        start, end = _span(sensor, first, last)
        parts, without = [], []
        models: dict[datetime, Model] = {}
        for day, given in self._inputs(sensor, first, last):
            try:
                parts.append(self._compared(given, models, [s for s in given.starts if start <= s < end]))
            except ForecastError:
                without.append(day)
        done = Backtested(sensor, (first, last), _all(parts, sensor, first, last), tuple(without))
        with self.engine.begin() as session:
            replace_accuracy(session, done.rows, "backtest", [name], done.days, now)
        return done

    @cached_property
    def _desk(self) -> ForecastDesk:
        return ForecastDesk(self.engine, self.portfolio)

    def _inputs(self, sensor: Sensor, first: date, last: date) -> Iterator[tuple[date, ForecastInputs]]:
        """What each forecast is made of that reaches the days: those of the days before, too, by their look-ahead."""
        start, end = _span(sensor, first, last)
        settings = self.portfolio.settings
        day = first - settings.days_ahead * DAY
        while day <= last:
            given = self._desk.inputs([sensor], day, settings.planned_at(day), EVER).get(sensor.name)
            if given is not None and any(start <= step < end for step in given.starts):
                yield day, given
            day += DAY

    def _model(self, given: ForecastInputs, models: dict[datetime, Model]) -> Model:
        cutoff = self._desk.cutoff(given)
        if cutoff not in models:
            learnt = self._desk.models.believed([given.sensor], cutoff, EVER)[given.sensor.name]
            models[cutoff] = train(learnt.history, given.sensor, cutoff=cutoff, published=learnt.published)
        return models[cutoff]

    def _compared(
        self, given: ForecastInputs, models: dict[datetime, Model], starts: list[datetime]
    ) -> pl.DataFrame:
        """One origin: its forecasts of some steps, and what was measured of them."""
        sensor, start, end = given.sensor, starts[0], starts[-1] + given.sensor.resolution
        model, believed, origin = self._model(given, models), given.believed, given.believed.as_of
        forecasts = model.predict(
            believed.history, origin=origin, starts=starts, published=believed.published
        ).with_columns(
            sensor=pl.lit(sensor.name),
            origin=pl.lit(origin, pl.Datetime("us", "UTC")),
            model=pl.lit(model.name),
            ladder_step=pl.lit(model.ladder_step.label),
        )
        with self.engine.connect() as session:
            measured = read_measured(session, [sensor.name], start, end)
            before = read_measured(session, [sensor.name], start - WEEK, end - WEEK, origin)
        return compared(forecasts, measured, before)


def _span(sensor: Sensor, first: date, last: date) -> tuple[datetime, datetime]:
    zone = ZoneInfo(sensor.timezone)
    return (
        local_day(first, zone, sensor.resolution).start_utc,
        local_day(last, zone, sensor.resolution).end_utc,
    )


def _all(parts: list[pl.DataFrame], sensor: Sensor, first: date, last: date) -> pl.DataFrame:
    if not parts:
        raise BacktestError(
            f"{sensor.name}: there is no history to forecast {first} to {last} from; "
            f"read the weeks before {first} with flex-pipeline backfill"
        )
    steps = pl.concat(parts)
    if steps.is_empty():
        raise BacktestError(
            f"{sensor.name}: nothing was measured from {first} to {last} to compare forecasts with"
        )
    return steps
