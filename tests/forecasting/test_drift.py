"""How a model errs by now is measured on what has come in since, and on nothing later."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from flex_pipeline.forecasting.drift import has_drifted, recent_error
from flex_pipeline.forecasting.ladder import train
from flex_pipeline.portfolio.sensor import Sensor

ORIGIN = datetime(2026, 3, 10, 12, tzinfo=UTC)
TRAINED = ORIGIN - timedelta(days=20)


def test_a_level_that_has_changed_shows_in_the_error_of_the_last_14_days(
    sensor: Callable[..., Sensor], series: Callable[..., pl.DataFrame]
) -> None:
    steady = series(lambda _: 1.0, ORIGIN, 60, noise=0.1)
    shifted = steady.with_columns(value=pl.col("value") + 2.0 * (pl.col("event_start") >= TRAINED))
    model = train(steady, sensor(), cutoff=TRAINED)

    assert not has_drifted(recent_error(model, steady, origin=ORIGIN), model.scores.mae)
    # the usual same hour of 28 days is 1 kW until half of them are at 3 kW: 8 of the 14 days are missed by 2 kW
    assert recent_error(model, shifted, origin=ORIGIN) == pytest.approx(8 / 14 * 2, abs=0.2)
    assert has_drifted(recent_error(model, shifted, origin=ORIGIN), model.scores.mae)


def test_what_is_not_known_yet_has_no_say(
    sensor: Callable[..., Sensor], series: Callable[..., pl.DataFrame]
) -> None:
    history = series(lambda local: float(local.hour), ORIGIN + timedelta(days=3), 63, noise=0.1)
    later = history.with_columns(
        value=pl.when(pl.col("event_start") <= ORIGIN - timedelta(hours=1)).then("value").otherwise(99.0)
    )
    model = train(history, sensor(), cutoff=TRAINED)

    errors = [recent_error(model, frame, origin=ORIGIN) for frame in (history, later)]

    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    ("recent", "at_training", "drifted"),
    [(1.26, 1.0, True), (1.25, 1.0, False), (math.nan, 1.0, False), (1.0, math.nan, False)],
)
def test_a_quarter_more_is_a_drift(recent: float, at_training: float, drifted: bool) -> None:
    assert has_drifted(recent, at_training) is drifted
