from __future__ import annotations

from datetime import UTC, datetime, timedelta

import polars as pl
import pytest

from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.resampling import resample

NOON = datetime(2024, 7, 10, 12, tzinfo=UTC)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)


def series(step: timedelta, values: list[float | None], start: datetime = NOON) -> pl.DataFrame:
    times = pl.Series([start + k * step for k in range(len(values))], dtype=pl.Datetime("us", "UTC"))
    return pl.DataFrame({"event_start": times, "value": pl.Series(values, dtype=pl.Float64)})


def test_an_hour_is_held_over_its_quarters(make_sensor) -> None:
    quarters = resample(series(HOUR, [4.0, 8.0]), HOUR, make_sensor({}))
    assert quarters["value"].to_list() == [4.0] * 4 + [8.0] * 4
    assert quarters["event_start"].to_list() == [NOON + k * QUARTER for k in range(8)]


def test_quarters_are_averaged_over_their_hour(make_sensor) -> None:
    hours = resample(series(QUARTER, [1, 2, 3, 6, 0, 0, 0, 4]), QUARTER, make_sensor({}, resolution="PT1H"))
    assert hours.rows() == [(NOON, 3.0), (NOON + HOUR, 1.0)]


def test_an_hour_that_lacks_a_quarter_is_missing(make_sensor) -> None:
    sensor = make_sensor({}, resolution="PT1H")
    assert resample(series(QUARTER, [1, None, 3, 6]), QUARTER, sensor)["value"].to_list() == [None]
    assert resample(series(QUARTER, [1, 2, 3]), QUARTER, sensor)["value"].to_list() == [None]


def test_hours_begin_at_half_past_where_the_clock_is_half_an_hour_off(make_sensor) -> None:
    sensor = make_sensor({}, resolution="PT1H", timezone="Asia/Kolkata")  # UTC + 5:30
    start = NOON + timedelta(minutes=30)
    assert resample(series(QUARTER, [1, 2, 3, 6], start), QUARTER, sensor).rows() == [(start, 3.0)]


def test_both_hours_of_the_autumn_night_keep_their_own_mean(make_sensor) -> None:
    sensor = make_sensor({}, resolution="PT1H")
    start = datetime(2024, 10, 27, 0, tzinfo=UTC)  # 02:00 summer time
    night = resample(series(QUARTER, [1] * 4 + [3] * 4, start), QUARTER, sensor)
    assert night.rows() == [(start, 1.0), (start + HOUR, 3.0)]


def test_energy_asked_at_an_instant_is_asked_once_and_never_late(make_sensor) -> None:
    fine = make_sensor({}, kind="soc-minima", unit="kWh")
    coarse = make_sensor({}, kind="soc-minima", unit="kWh", resolution="PT1H")
    assert resample(series(HOUR, [20.0]), HOUR, fine)["value"].to_list() == [20.0, None, None, None]
    assert resample(series(QUARTER, [None, 20.0, 25.0, None]), QUARTER, coarse).rows() == [(NOON, 25.0)]


def test_a_total_is_shared_out_and_added_up(make_sensor) -> None:
    fine, coarse = make_sensor({}, unit="kWh"), make_sensor({}, unit="kWh", resolution="PT1H")
    assert resample(series(HOUR, [4.0]), HOUR, fine, "total")["value"].to_list() == [1.0] * 4
    assert resample(series(QUARTER, [1, 2, 3, 6]), QUARTER, coarse, "total").rows() == [(NOON, 12.0)]
    assert resample(series(QUARTER, [1, 2, 3]), QUARTER, coarse, "total")["value"].to_list() == [None]


def test_a_state_runs_straight_to_the_next_one_and_is_read_at_the_start(make_sensor) -> None:
    hourly = make_sensor({}, resolution="PT1H")
    # after the last state nothing is known, nor on the way to one that is missing
    fine = resample(series(HOUR, [4.0, 8.0, None]), HOUR, make_sensor({}), "state")["value"].to_list()
    assert fine == [4.0, 5.0, 6.0, 7.0, 8.0, None, None, None, None, None, None, None]
    assert resample(series(QUARTER, [4, 5, None, 7, 8]), QUARTER, hourly, "state").rows() == [
        (NOON, 4.0),
        (NOON + HOUR, 8.0),
    ]


def test_what_was_believed_at_different_times_is_not_mixed(make_sensor) -> None:
    early, late = NOON - 2 * HOUR, NOON - HOUR
    runs = pl.concat(
        series(QUARTER, values).with_columns(belief_time=pl.lit(said))
        for said, values in ((early, [1.0] * 4), (late, [3.0] * 4))
    )
    hours = resample(runs, QUARTER, make_sensor({}, resolution="PT1H"))
    assert hours.rows() == [(NOON, 1.0, early), (NOON, 3.0, late)]
    quarters = resample(hours, HOUR, make_sensor({}), "state")
    assert quarters.filter(pl.col("belief_time") == late)["value"].to_list() == [3.0, None, None, None]


def test_steps_that_do_not_fit_into_each_other_are_refused(make_sensor) -> None:
    with pytest.raises(SourceError, match="a whole number of times"):
        resample(series(QUARTER, [1.0]), timedelta(minutes=20), make_sensor({}))
