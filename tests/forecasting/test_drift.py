"""How a model errs by now is measured on what has come in since, and on nothing later."""

import math
from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from flex_pipeline.forecasting.drift import Errors, has_drifted, recent_errors
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

    trained = Errors(model.scores.mae, model.scores.mae_naive)
    assert not has_drifted(recent_errors(model, steady, origin=ORIGIN), trained)
    # the usual same hour of 28 days is 1 kW until half of them are at 3 kW: 8 of the 14 days are missed by 2 kW
    assert recent_errors(model, shifted, origin=ORIGIN).mae == pytest.approx(8 / 14 * 2, abs=0.2)
    assert has_drifted(recent_errors(model, shifted, origin=ORIGIN), trained)


def test_what_is_not_known_yet_has_no_say(
    sensor: Callable[..., Sensor], series: Callable[..., pl.DataFrame]
) -> None:
    history = series(lambda local: float(local.hour), ORIGIN + timedelta(days=3), 63, noise=0.1)
    later = history.with_columns(
        value=pl.when(pl.col("event_start") <= ORIGIN - timedelta(hours=1)).then("value").otherwise(99.0)
    )
    model = train(history, sensor(), cutoff=TRAINED)

    errors = [recent_errors(model, frame, origin=ORIGIN) for frame in (history, later)]

    assert errors[0] == errors[1]


@pytest.mark.parametrize(
    ("recent", "naive", "at_training", "drifted"),
    [
        (1.26, 2.0, 1.0, True),
        (1.25, 2.0, 1.0, False),
        (1.26, 2.1, 1.0, False),  # harder days: the naive forecast errs more than the 2.0 at training, too
        (1.32, 2.1, 1.0, True),
        (2.0, 9.0, 1.0, False),
        (2.01, 9.0, 1.0, True),  # no days are that hard
        (1.26, 1.5, 1.0, True),
        (1.24, 1.5, 1.0, False),  # easier days are no reason to be stricter
        (math.nan, math.nan, 1.0, False),
        (1.0, 2.0, math.nan, False),
    ],
)
def test_a_quarter_more_than_harder_days_explain_is_a_drift(
    recent: float, naive: float, at_training: float, drifted: bool
) -> None:
    assert has_drifted(Errors(recent, naive), Errors(at_training, 2.0)) is drifted
