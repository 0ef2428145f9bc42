from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest

from flex_pipeline.forecasting.known import known_before
from flex_pipeline.portfolio.sensor import Sensor


@pytest.mark.parametrize("known", [{}, {"delay": "PT1H30M"}, {"day-ahead": "13:00"}])
@pytest.mark.parametrize(
    "instant",
    [
        datetime(2026, 2, 10, 11, 59, tzinfo=UTC),
        datetime(2026, 2, 10, 12, 0, tzinfo=UTC),
        datetime(2026, 2, 10, 23, 30, tzinfo=UTC),  # the 11th in Paris
        datetime(2026, 3, 28, 12, 0, tzinfo=UTC),
        datetime(2026, 10, 25, 0, 30, tzinfo=UTC),
    ],
)
def test_the_steps_before_the_bound_are_those_the_sensor_says_are_known(
    sensor: Callable[..., Sensor], known: dict[str, str], instant: datetime
) -> None:
    of = sensor(known=known)
    bound = known_before(of, instant)
    hour = timedelta(hours=1)
    around = instant.replace(minute=0) - 48 * hour
    for start in (around + i * hour for i in range(120)):
        assert (start < bound) == (of.known.at(start, hour, ZoneInfo("Europe/Paris")) <= instant)
