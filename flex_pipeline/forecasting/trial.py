"""A trial: the last days of a history are held out, and forecasts are compared on them."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

from flex_pipeline.forecasting.bounds import bounded
from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.naive import Predictor, WeekAgo
from flex_pipeline.forecasting.origins import HORIZON, Outcomes, past_outcomes
from flex_pipeline.forecasting.scores import Scores, mae, score
from flex_pipeline.forecasting.solar import Ceiling, Sky, learn_ceiling, sky_over
from flex_pipeline.portfolio.sensor import Sensor

MOST_DAYS_HELD_OUT = 28
SHARE_HELD_OUT = 4  # a quarter of a short history, so that the rest can still be learnt from


@dataclass(frozen=True)
class Trial:
    """`outcomes`: all there is to learn from. `before`: those measured before the `days` held out."""

    past: History
    sensor: Sensor
    ceiling: Ceiling | None
    days: int
    outcomes: Outcomes
    before: Outcomes
    held_out: Outcomes

    @classmethod
    def of(cls, past: History, sensor: Sensor, cutoff: datetime, horizon: timedelta = HORIZON) -> Trial:
        """Up to four weeks held out of a history that ends by `cutoff`, each day forecast as far as `horizon`."""
        days = max(1, min(MOST_DAYS_HELD_OUT, int(past.days) // SHARE_HELD_OUT))
        outcomes = past_outcomes(past, sensor, cutoff, horizon)
        since = int(outcomes.rows.step.max(initial=past.first)) + 1 - days * past.clock.per_day
        ceiling = learn_ceiling(past, sensor)
        return cls(
            past, sensor, ceiling, days, outcomes, outcomes.before(since), outcomes.origins_from(since)
        )

    def quantiles(self, predictor: Predictor) -> Floats:
        """What a predictor says of the held-out days, within bounds (n, 3)."""
        return self.within_bounds(predictor.quantiles(self.past, self.held_out.rows), self.held_out.rows)

    def within_bounds(self, quantiles: Floats, rows: Rows) -> Floats:
        """Forecasts of rows as they would be handed out (rows, 3)."""
        sky = self.sky if rows is self.held_out.rows else sky_over(self.sensor, rows.starts)
        return bounded(quantiles, self.sensor, sky, self.ceiling)

    @cached_property
    def sky(self) -> Sky | None:
        """The sky over PV on the held-out days."""
        return sky_over(self.sensor, self.held_out.rows.starts)

    @cached_property
    def naive(self) -> Floats:
        """The values of a week before on the held-out days (n,)."""
        return WeekAgo().point(self.past, self.held_out.rows)

    @property
    def mae_naive(self) -> float:
        """Mean absolute error of the values of a week before."""
        return mae(self.naive, self.held_out.values)

    def scores(self, quantiles: Floats) -> Scores:
        """Scores of forecasts of the held-out days (n, 3)."""
        dark = None if self.sky is None else self.sky.dark
        return score(quantiles, self.naive, self.held_out.values, dark)
