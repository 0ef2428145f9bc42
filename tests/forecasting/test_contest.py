"""A new model is used only if it was better on days that neither it nor the one before has learnt from."""

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from flex_pipeline.forecasting.contest import decide
from flex_pipeline.forecasting.ladder import Training, train_and_prove
from flex_pipeline.portfolio.sensor import Sensor

MakeSensor = Callable[..., Sensor]
MakeSeries = Callable[..., pl.DataFrame]

NOW = datetime(2026, 3, 10, 12, tzinfo=UTC)
WEEK = timedelta(days=7)


def weekly(local: datetime) -> float:
    """3 kW in the evening, half of it at weekends."""
    return (3.0 if 18 <= local.hour < 21 else 1.0) * (0.5 if local.weekday() >= 5 else 1.0)


def moved(local: datetime) -> float:
    """The same until February, then the evening begins at noon."""
    if local < datetime(2026, 2, 4, tzinfo=UTC):
        return weekly(local)
    return 3.0 if 12 <= local.hour < 16 else 1.0


@pytest.fixture
def trained(sensor: MakeSensor) -> Callable[[pl.DataFrame, datetime], Training]:
    return lambda history, cutoff: train_and_prove(history, sensor(), cutoff=cutoff)


def test_a_champion_that_the_world_has_left_behind_is_replaced(
    series: MakeSeries, trained: Callable[[pl.DataFrame, datetime], Training]
) -> None:
    history = series(moved, NOW, 100, noise=0.1)
    before = NOW - 5 * WEEK

    decision = decide(trained(history, NOW), trained(history, before).model, before)

    assert decision.promoted
    assert "Better than the model of 2026-02-03 (pinball loss" in decision.reason
    # of the 28 held out: an origin counts once its 60 hours are over
    assert "on 25 days that neither had learnt from" in decision.reason


def test_a_challenger_that_learnt_less_of_the_same_is_not_used(
    series: MakeSeries, trained: Callable[[pl.DataFrame, datetime], Training]
) -> None:
    history = series(weekly, NOW, 75, noise=0.1)

    decision = decide(trained(history, NOW), trained(history, NOW - WEEK).model, NOW - WEEK)

    # its proof learnt from 75 - 28 - 14 days, the champion from 75 - 7 - 14
    assert not decision.promoted
    assert "No better than the model of 2026-03-03 (pinball loss" in decision.reason
    assert "on 7 days that neither had learnt from" in decision.reason


def test_without_a_day_in_between_the_champion_stays(
    series: MakeSeries, trained: Callable[[pl.DataFrame, datetime], Training]
) -> None:
    training = trained(series(weekly, NOW, 75, noise=0.1), NOW)

    decision = decide(training, training.model, NOW)

    assert (decision.promoted, decision.reason) == (
        False,
        "No day is over that the model of 2026-03-10 has not learnt from.",
    )


def test_of_two_rules_the_newer_knows_more(
    series: MakeSeries, trained: Callable[[pl.DataFrame, datetime], Training]
) -> None:
    history = series(weekly, NOW, 30, noise=0.1)

    assert decide(trained(history, NOW), trained(history, NOW - WEEK).model, NOW - WEEK).promoted
