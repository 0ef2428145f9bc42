"""Past origins: what would have been forecast on earlier days, and what came out."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.known import known_before
from flex_pipeline.portfolio.sensor import Sensor

HORIZON = timedelta(hours=60)  # from the planning time to the end of the look-ahead of the next day
SHORTEST_HORIZON = timedelta(hours=24)


@dataclass(frozen=True)
class Outcomes:
    """Rows of daily origins at the time of day of the cutoff, and their measured values (n,)."""

    rows: Rows
    values: Floats

    def before(self, step: int) -> Outcomes:
        """Those that were measured before a step."""
        return self.chosen(self.rows.step < step)

    def origins_from(self, step: int) -> Outcomes:
        """Those of the origins that know nothing of a step and later ones, or less."""
        return self.chosen(self.rows.bound >= step)

    def chosen(self, chosen: NDArray[np.bool_]) -> Outcomes:
        """Some of them."""
        return Outcomes(self.rows.where(chosen), self.values[chosen])


def past_outcomes(
    history: History, sensor: Sensor, cutoff: datetime, horizon: timedelta = HORIZON
) -> Outcomes:
    """One origin per day, its steps within `horizon` an hour apart, from another part of the hour each day.

    Neighbouring steps teach the same, and every one of them would cost as much again.
    """
    clock = history.clock
    now, bound = clock.bound(cutoff), clock.bound(known_before(sensor, cutoff))
    ahead_of_bound = max(now - bound + horizon // clock.resolution, SHORTEST_HORIZON // clock.resolution)
    days_ago = np.arange(1, (bound - history.first) // clock.per_day + 1)[:, None]
    origin = bound - days_ago * clock.per_day
    ahead = np.arange(0, ahead_of_bound, clock.per_hour) + days_ago % clock.per_hour
    step, known = (rows.ravel() for rows in np.broadcast_arrays(origin + ahead, origin))
    values = history.at(step)
    # before the first measurement there is nothing to forecast from
    usable = np.isfinite(values) & (known > history.measured.min(initial=bound))
    return Outcomes(Rows(clock.starts(step[usable]), step[usable], known[usable]), values[usable])
