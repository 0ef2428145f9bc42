"""Which forecast is used with how much history, and that none of them sees the future."""

import pickle
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flex_pipeline.forecasting import ladder
from flex_pipeline.forecasting.error import ForecastError
from flex_pipeline.forecasting.history import Floats, History, Rows
from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.model import LadderStep
from flex_pipeline.forecasting.naive import SameHour
from flex_pipeline.portfolio.sensor import Sensor

MakeSensor = Callable[..., Sensor]
MakeSeries = Callable[..., pl.DataFrame]

PARIS = ZoneInfo("Europe/Paris")
ORIGIN = datetime(2026, 2, 10, 12, tzinfo=UTC)  # a Tuesday, 13:00 in Paris
TOMORROW = [ORIGIN + timedelta(hours=11 + i) for i in range(24)]  # Wednesday, from local midnight


def daily(local: datetime) -> float:
    """1 kW, 3 kW from 18:00 to 21:00."""
    return 3.0 if 18 <= local.hour < 21 else 1.0


def weekly(local: datetime) -> float:
    """Half of that at weekends."""
    return daily(local) * (0.5 if local.weekday() >= 5 else 1.0)


def median(forecast: pl.DataFrame) -> list[float]:
    return forecast.filter(pl.col("quantile") == 0.5)["value"].to_list()


@pytest.mark.parametrize(
    ("days", "step", "name"),
    [
        (1.5, LadderStep.LAST_VALUE, "last value"),
        (2, LadderStep.DAY_AGO, "seasonal-naive d-1"),
        (13, LadderStep.DAY_AGO, "seasonal-naive d-1"),
        (14, LadderStep.WEEK_AGO, "seasonal-naive d-7"),  # the weekend is out of step with the day before
        (41, LadderStep.WEEK_AGO, "seasonal-naive d-7"),  # exact here, which no quantile of 28 days can be
    ],
)
def test_the_forecast_asks_no_more_of_a_history_than_its_days_can_tell(
    sensor: MakeSensor, series: MakeSeries, days: float, step: LadderStep, name: str
) -> None:
    model = train(series(weekly, ORIGIN, days), sensor(), cutoff=ORIGIN)
    assert (model.ladder_step, model.name) == (step, name)
    assert model.reason.endswith(".")


def test_yesterday_is_repeated_in_the_third_week_when_it_is_closer_than_last_week(
    sensor: MakeSensor, series: MakeSeries
) -> None:
    def rising(local: datetime) -> float:
        return float(local.timetuple().tm_yday)

    model = train(series(rising, ORIGIN, 20), sensor(), cutoff=ORIGIN)
    assert model.ladder_step == LadderStep.DAY_AGO
    # 60 hours ahead the latest same hour is one, two or three days old, and the naive seven
    assert model.scores.mae < 3 < model.scores.mae_naive


def test_the_usual_same_hour_is_used_from_four_weeks_on(sensor: MakeSensor, series: MakeSeries) -> None:
    model = train(series(daily, ORIGIN, 30, noise=0.5), sensor(), cutoff=ORIGIN)
    assert model.name == "same-hour quantiles 28 d"
    assert "42 are needed" in model.reason


def test_gradient_boosting_is_used_once_it_has_beaten_the_usual_same_hour(
    sensor: MakeSensor, series: MakeSeries
) -> None:
    model = train(series(weekly, ORIGIN, 60, noise=0.1), sensor(), cutoff=ORIGIN)
    assert model.ladder_step == LadderStep.GRADIENT_BOOSTING
    assert model.name.startswith("gradient boosting")
    assert model.scores.mae < model.scores.mae_naive
    # Wednesday's peak, which the same hour of all days cannot tell from that of a Sunday
    assert median(model.predict(series(weekly, ORIGIN, 60), origin=ORIGIN, starts=TOMORROW))[
        18:21
    ] == pytest.approx([3.0] * 3, abs=0.2)


def test_gradient_boosting_that_did_not_beat_the_fallback_is_not_used_and_that_is_said(
    sensor: MakeSensor, series: MakeSeries
) -> None:
    model = train(series(weekly, ORIGIN, 60), sensor(), cutoff=ORIGIN)  # without noise a week ago is exact
    assert model.name == "seasonal-naive d-7"
    assert "Gradient boosting did not beat it" in model.reason


class Unsure(SameHour):
    """The right median, and quantiles that promise nothing for every other step: no calibration mends that."""

    def quantiles(self, history: History, rows: Rows) -> Floats:
        every_other = np.arange(len(rows.step)) % 2
        return super().quantiles(history, rows) + np.outer(every_other, [-50.0, 0.0, 50.0])


def test_a_median_better_than_the_naive_is_not_enough_when_the_quantiles_are_worse_than_the_fallback(
    sensor: MakeSensor, series: MakeSeries, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(ladder, "train_gradient_boosting", lambda *_: Unsure())
    model = train(series(daily, ORIGIN, 60, noise=0.5), sensor("temperature", unit="degC"), cutoff=ORIGIN)
    assert model.name == "same-hour quantiles 28 d"
    assert "Gradient boosting did not beat it" in model.reason


@pytest.mark.parametrize("value", [None, float("nan")])
def test_a_sensor_without_any_value_is_named(
    sensor: MakeSensor, series: MakeSeries, value: float | None
) -> None:
    for history in (series(lambda _: value, ORIGIN, 30), series(weekly, ORIGIN, 0)):
        with pytest.raises(ForecastError, match=r"home\.load: no value of the last 800 days"):
            train(history, sensor(), cutoff=ORIGIN)


def test_values_that_end_after_the_cutoff_teach_nothing(sensor: MakeSensor, series: MakeSeries) -> None:
    history = series(weekly, ORIGIN, 60, noise=0.1)
    cutoff = ORIGIN - timedelta(days=5, minutes=30)  # in the middle of a step
    seen = history.filter(pl.col("event_start") + timedelta(hours=1) <= cutoff)
    changed = history.with_columns(
        value=pl.when(pl.col("event_start") + timedelta(hours=1) <= cutoff).then("value").otherwise(99.0)
    )
    forecasts = [
        train(frame, sensor(), cutoff=cutoff).predict(seen, origin=cutoff, starts=TOMORROW)
        for frame in (seen, changed)
    ]
    assert forecasts[0].equals(forecasts[1])


@pytest.mark.parametrize("days", [1.5, 10, 20, 35, 60])
@pytest.mark.parametrize(
    ("kind", "known"),
    [("load", {}), ("load", {"delay": "PT6H"}), ("price", {"day-ahead": "13:00"}), ("usage", {})],
)
@settings(max_examples=5, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(seed=st.integers(0, 2**32 - 1))
def test_a_shuffled_future_changes_no_forecast(
    sensor: MakeSensor, series: MakeSeries, days: float, kind: str, known: dict[str, str], seed: int
) -> None:
    of = sensor(kind, known=known)
    beyond = series(weekly, ORIGIN + timedelta(days=4), days + 4, noise=0.1)
    model = train(beyond, of, cutoff=ORIGIN)
    is_known = [of.known.at(start, of.resolution, PARIS) <= ORIGIN for start in beyond["event_start"]]
    past, future = beyond.filter(is_known), beyond.filter([not known for known in is_known])
    order = np.random.default_rng(seed).permutation(future.height)
    shuffled = pl.concat([past, future.with_columns(value=future["value"][order] * -7)])
    starts = [ORIGIN + timedelta(hours=i) for i in range(60)]
    assert model.predict(shuffled, origin=ORIGIN, starts=starts).equals(
        model.predict(past, origin=ORIGIN, starts=starts)
    )


def test_prices_published_for_tomorrow_are_known_today(sensor: MakeSensor, series: MakeSeries) -> None:
    price = sensor("price", unit="EUR/kWh", known={"day-ahead": "13:00"})
    published = series(lambda local: float(local.day), ORIGIN + timedelta(hours=35), 5)
    model = train(published, price, cutoff=ORIGIN)
    after = [start + timedelta(days=1) for start in TOMORROW]
    assert median(model.predict(published, origin=ORIGIN, starts=after)) == [11.0] * 24  # those of the 11th
    a_second_earlier = ORIGIN - timedelta(seconds=1)
    assert median(model.predict(published, origin=a_second_earlier, starts=after)) == [10.0] * 24


def test_the_same_history_gives_the_same_forecast_also_after_pickling(
    sensor: MakeSensor, series: MakeSeries
) -> None:
    history = series(weekly, ORIGIN, 60, noise=0.1)
    one, other = (train(history, sensor(), cutoff=ORIGIN) for _ in range(2))
    forecast = one.predict(history, origin=ORIGIN, starts=TOMORROW)
    assert other.predict(history, origin=ORIGIN, starts=TOMORROW).equals(forecast)
    stored: object = pickle.loads(pickle.dumps(one))
    assert stored.predict(history, origin=ORIGIN, starts=TOMORROW).equals(forecast)  # type: ignore[attr-defined]


def test_a_broken_history_still_gives_a_whole_forecast(sensor: MakeSensor, series: MakeSeries) -> None:
    history = series(weekly, ORIGIN, 80, noise=0.1)
    hour = history["event_start"].dt.hour()
    lost = history["event_start"].is_between(ORIGIN - timedelta(days=30), ORIGIN - timedelta(days=12))
    broken = history.filter(~lost & (hour != 3)).with_columns(
        value=pl.when(pl.col("event_start").dt.hour() != 7).then("value")
    )
    model = train(broken, sensor(), cutoff=ORIGIN)
    values = model.predict(broken, origin=ORIGIN, starts=TOMORROW)["value"]
    assert values.null_count() == 0
    assert values.len() == 3 * 24


def test_a_history_that_ended_long_ago_is_still_used(sensor: MakeSensor, series: MakeSeries) -> None:
    history = series(weekly, ORIGIN - timedelta(days=100), 60, noise=0.1)
    forecast = train(history, sensor(), cutoff=ORIGIN).predict(history, origin=ORIGIN, starts=TOMORROW)
    assert forecast["value"].null_count() == 0


@pytest.mark.parametrize("kind", ["load", "pv", "price", "temperature", "heat", "availability"])
@pytest.mark.parametrize("days", [1.5, 10, 35, 60])
def test_quantiles_are_in_order_and_within_the_capacity(
    sensor: MakeSensor, series: MakeSeries, kind: str, days: float
) -> None:
    unit = {"price": "EUR/kWh", "temperature": "degC"}.get(kind, "W")
    history = series(weekly, ORIGIN, days, noise=2.0)
    of = sensor(kind, unit=unit, capacity=0.0025)  # 2.5 W
    forecast = train(history, of, cutoff=ORIGIN).predict(history, origin=ORIGIN, starts=TOMORROW)
    assert forecast.columns == ["event_start", "quantile", "value"]
    assert forecast["event_start"].dtype == pl.Datetime("us", "UTC")
    values = forecast["value"].to_numpy().reshape(-1, 3)
    assert (np.diff(values, axis=1) >= 0).all()
    if unit == "W":
        assert values.min() >= 0
        assert values.max() <= 2.5


def test_prices_may_be_negative(sensor: MakeSensor, series: MakeSeries) -> None:
    history = series(lambda local: -0.1 if local.hour == 13 else 0.2, ORIGIN, 10)
    forecast = train(history, sensor("price", unit="EUR/kWh"), cutoff=ORIGIN).predict(
        history, origin=ORIGIN, starts=TOMORROW
    )
    assert median(forecast)[13] == -0.1


@pytest.mark.parametrize(
    "origin",
    [datetime(2026, 3, 28, 12, tzinfo=UTC), datetime(2026, 10, 24, 12, tzinfo=UTC)],
    ids=["spring", "autumn"],
)
@pytest.mark.parametrize("days", [10, 35, 60])
@pytest.mark.parametrize("minutes", [5, 15, 60])
def test_the_evening_stays_the_evening_when_the_clock_changes(
    sensor: MakeSensor, series: MakeSeries, origin: datetime, days: int, minutes: int
) -> None:
    history = series(daily, origin, days, minutes=minutes)
    model = train(history, sensor(resolution=timedelta(minutes=minutes)), cutoff=origin)
    starts = [
        origin + timedelta(hours=12) + i * timedelta(minutes=minutes) for i in range(24 * 60 // minutes)
    ]
    expected = [daily(start.astimezone(PARIS)) for start in starts]
    assert median(model.predict(history, origin=origin, starts=starts)) == pytest.approx(expected, abs=0.05)


class TestPlans:
    def test_a_driver_leaves_at_the_same_hour_of_the_same_weekday(
        self, sensor: MakeSensor, series: MakeSeries
    ) -> None:
        def at_home(local: datetime) -> float:
            away = local.weekday() == 2 and 8 <= local.hour < 18  # Wednesdays
            return 0.0 if away else 11.0

        history = series(at_home, ORIGIN, 60)
        model = train(history, sensor("availability", capacity=11.0), cutoff=ORIGIN)
        assert model.name == "seasonal-naive d-7"
        forecast = model.predict(history, origin=ORIGIN, starts=TOMORROW)
        assert median(forecast) == [11.0] * 8 + [0.0] * 10 + [11.0] * 6
        assert set(forecast["value"]) == {0.0, 11.0}  # no plan in between

    def test_where_nothing_was_asked_nothing_is_expected(
        self, sensor: MakeSensor, series: MakeSeries
    ) -> None:
        def minimum(local: datetime) -> float | None:
            return 40.0 if (local.weekday(), local.hour) == (2, 8) else None

        history = series(minimum, ORIGIN, 10)
        model = train(history, sensor("soc-minima", unit="kWh"), cutoff=ORIGIN)
        forecast = model.predict(history, origin=ORIGIN, starts=TOMORROW)
        assert median(forecast) == [None] * 8 + [40.0] + [None] * 15

    def test_a_store_of_which_nothing_was_ever_asked_has_a_forecast(
        self, sensor: MakeSensor, series: MakeSeries
    ) -> None:
        history = series(lambda _: None, ORIGIN, 3)
        model = train(history, sensor("soc-minima", unit="kWh"), cutoff=ORIGIN)
        assert median(model.predict(history, origin=ORIGIN, starts=TOMORROW)) == [None] * 24
