"""The week of a kind of user: relative use by the hour."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np

from flex_pipeline.sources.simulation.local_days import Array

Points = list[tuple[float, float]]  # (hour on the wall, relative use), straight lines between


class Profile(NamedTuple):
    """Days of the week, and what chance and season make of them."""

    workday: Points
    saturday: Points
    sunday: Points
    winter: float  # how much more than the mean in midwinter
    noise: float  # standard deviation of the logarithm
    appliances: float  # share of the energy used by large appliances that run for a short time

    def week(self, hour: Array, weekday: Array) -> Array:
        """Relative use at each hour of each weekday (0 is Monday); its mean over a week is 1."""
        days = [self.workday, self.saturday, self.sunday]
        quarters = np.arange(0, 24, 0.25)
        mean = np.dot([5 / 7, 1 / 7, 1 / 7], [np.mean(_at(quarters, points)) for points in days])
        shapes = [_at(hour, points) for points in days]
        return np.asarray(np.select([weekday < 5, weekday == 5], shapes[:2], shapes[2]) / mean)


def _at(hour: Array, points: Points) -> Array:
    return np.interp(hour, [at for at, _ in points], [use for _, use in points])


_MORNING_IN: Points = [(0, 0.6), (2, 0.45), (7, 0.5), (9.5, 1.2), (12.5, 1.4), (15, 1.1)]
_HOME_FREE: Points = [*_MORNING_IN, (17.5, 1.9), (19.5, 2.0), (22, 1.2), (24, 0.6)]
_OFFICE_CLOSED: Points = [(0, 0.2), (8, 0.2), (12, 0.26), (17, 0.2), (24, 0.2)]
_CLOSED: Points = [(0, 0.1), (24, 0.1)]

# fmt: off
PROFILES = {
    "home": Profile(
        workday=[
            (0, 0.5), (2, 0.4), (6, 0.45), (7.25, 1.5), (9, 0.8), (12, 0.8), (16, 0.9),
            (18.25, 2.6), (20.5, 2.0), (22.5, 1.3), (24, 0.5),
        ],
        saturday=_HOME_FREE, sunday=_HOME_FREE, winter=0.2, noise=0.25, appliances=0.3,
    ),
    "office": Profile(
        workday=[
            (0, 0.22), (6, 0.25), (8.75, 1.5), (12, 1.75), (13, 1.6), (15, 1.75), (17, 1.35),
            (19, 0.4), (24, 0.22),
        ],
        saturday=_OFFICE_CLOSED, sunday=_OFFICE_CLOSED, winter=0.1, noise=0.06, appliances=0.0,
    ),
    "workshop": Profile(
        workday=[
            (0, 0.1), (6.5, 0.15), (7.25, 2.4), (9.75, 2.6), (10, 1.8), (10.25, 2.6), (12, 2.5),
            (12.25, 0.9), (12.75, 0.9), (13, 2.6), (16, 2.4), (16.75, 0.4), (18, 0.1), (24, 0.1),
        ],
        saturday=[(0, 0.1), (8, 0.1), (8.5, 1.4), (12, 1.4), (12.5, 0.1), (24, 0.1)],
        sunday=_CLOSED, winter=0.1, noise=0.18, appliances=0.12,
    ),
    "hot-water": Profile(
        workday=[
            (0, 0.1), (5.5, 0.1), (7, 2.6), (8.5, 2.0), (10, 1.1), (12, 2.4), (13.5, 2.0), (15, 1.0),
            (17, 2.4), (18.5, 1.4), (20, 0.2), (24, 0.1),
        ],
        saturday=[(0, 0.1), (9, 0.1), (11, 0.6), (15, 0.4), (18, 0.1), (24, 0.1)],
        sunday=_CLOSED, winter=0.1, noise=0.3, appliances=0.0,
    ),
}
# fmt: on
