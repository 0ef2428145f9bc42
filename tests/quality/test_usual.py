"""What days are usually like, and rules that compare with it: hourly steps in UTC."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.judge import judge
from flex_pipeline.quality.usual import Comparison, day_summaries, missed_deliveries, usual
from flex_pipeline.quality.verdict import Verdict

DAY = date(2026, 3, 23)
MIDNIGHT = datetime(2026, 3, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
LATER = datetime(2030, 1, 1, tzinfo=UTC)


def sensor(kind: str = "load", unit: str = "kW", **fields: Any) -> Sensor:
    place: dict[str, Any] = {"timezone": "UTC", "latitude": 52.4, "longitude": 4.9, "resolution": "PT1H"}
    return Sensor(name="s", unit=unit, kind=kind, source={}, **(place | fields))


def readings(values: list[float | None], start: datetime = MIDNIGHT) -> pl.DataFrame:
    return pl.DataFrame(
        {"sensor": "s", "event_start": [start + i * HOUR for i in range(len(values))], "value": values},
        schema={"sensor": pl.String, "event_start": pl.Datetime("us", "UTC"), "value": pl.Float64},
    )


def days(means: list[float], *, excess: float = 1.0, last: date = DAY) -> pl.DataFrame:
    """Days before `last`, the oldest first; each with its mean as its peak."""
    n = len(means)
    return pl.DataFrame(
        {
            "sensor": "s",
            "date": [last - timedelta(days=n - i) for i in range(n)],
            "readings": 24,
            "mean": means,
            "peak": means,
            "excess": excess,
        }
    )


def failed(
    frame: pl.DataFrame, judged: Sensor, comparison: Comparison, until: datetime = LATER
) -> dict[str, Verdict]:
    verdicts = judge(frame, [judged], DAY, due_until=until, comparison=comparison)
    return {verdict.expectation: verdict for verdict in verdicts if not verdict.passed}


def ripple(n: int = 24, level: float = 1.0) -> list[float | None]:
    return [level * (1 + 0.1 * (i % 2)) for i in range(n)]


def test_a_day_is_summed_up_by_its_mean_its_peak_and_what_stands_out_most() -> None:
    # 9 stands out from 1 and 4 by 5; -6 is below both 4 and 2 by 8; the mean is 10 / 5
    (row,) = day_summaries(readings([1, 9, 4, -6, 2]), [sensor()], DAY).to_dicts()
    assert row == {"sensor": "s", "date": DAY, "readings": 5, "mean": 2.0, "peak": 9.0, "excess": 8.0}


def test_what_is_beside_a_gap_stands_out_from_nothing() -> None:
    (row,) = day_summaries(readings([1, None, 9, None, 1]), [sensor()], DAY).to_dicts()
    assert row["excess"] is None


def test_too_few_days_are_not_usual() -> None:
    (few,) = usual(days([1.0] * 6), DAY).to_dicts()
    assert (few["usual_peak"], few["usual_mean"]) == (None, None)
    (enough,) = usual(days([1.0] * 21), DAY).to_dicts()
    assert (enough["usual_peak"], enough["usual_mean"], enough["recent_mean"]) == (1.0, 1.0, 1.0)


def test_a_value_far_beyond_both_its_neighbours_stands_out() -> None:
    compared = Comparison(usual(days([1.0] * 10, excess=0.5), DAY))
    good, bad = ripple(), ripple()
    good[12], bad[12] = 4.9, 5.5  # 8 times 0.5 is 4 kW; the neighbours have 1.1
    assert "spike" not in failed(readings(good), sensor(), compared)
    verdict = failed(readings(bad), sensor(), compared)["spike"]
    assert (verdict.severity, len(verdict.rows)) == ("warning", 1)
    assert "5.5 kW at 2026-03-23T12:00+00:00: 4.4 beyond both its neighbours" in verdict.observed


def test_the_rise_of_every_morning_is_no_spike() -> None:
    compared = Comparison(usual(days([1.0] * 10, excess=0.5), DAY))
    rise = [*ripple(12), *(50.0 + value for value in ripple(12) if value)]
    assert "spike" not in failed(readings(rise), sensor(), compared)


@pytest.mark.parametrize(("factor", "rule"), [(1000.0, "maximum"), (0.001, "unit")])
def test_a_day_in_another_unit_than_the_weeks_before_is_seen_without_a_capacity(
    factor: float, rule: str
) -> None:
    compared = Comparison(usual(days([1.0] * 10), DAY))
    assert rule in failed(readings(ripple(level=factor)), sensor(), compared)
    assert rule not in failed(readings(ripple(level=10.0)), sensor(), compared)


def test_a_mean_that_moved_away_is_drift() -> None:
    # four weeks between 9 and 11 kW, then a week at 15: the spread is 1
    steady = [9.0, 11.0] * 14
    assert "drift" not in failed(
        readings(ripple()), sensor(), Comparison(usual(days(steady + [12.0] * 7), DAY))
    )
    verdict = failed(readings(ripple()), sensor(), Comparison(usual(days(steady + [15.0] * 7), DAY)))["drift"]
    assert verdict.observed == "the mean of the week before is 15 kW, of the four weeks before that 10"
    assert verdict.severity == "warning"


def test_a_value_that_never_changes_is_stuck() -> None:
    stuck = readings([*ripple(11), *[1.5] * 13])
    verdict = failed(stuck, sensor(), Comparison())["flat"]
    assert verdict.observed.startswith("13 of 24 steps stuck at one value, first 1.5 kW for 13 h")
    assert "flat" not in failed(readings([*ripple(12), *[1.5] * 12]), sensor(), Comparison())


def test_a_value_stuck_since_the_day_before_is_seen_early() -> None:
    stuck = readings([1.5] * 34, MIDNIGHT - 24 * HOUR)
    assert failed(stuck, sensor(), Comparison())["flat"].observed.startswith("10 of 24 steps stuck")


def test_the_zeros_of_a_night_are_not_stuck_but_those_of_a_load_are() -> None:
    zeros = readings([0.0] * 24)
    assert "flat" not in failed(zeros, sensor("pv"), Comparison())
    assert "flat" in failed(zeros, sensor("load"), Comparison())


def test_staleness_counts_missed_steps_of_a_meter() -> None:
    meter = sensor(quality={"stale-after": 2})
    until = MIDNIGHT + 6 * HOUR
    recent = Comparison(last={"s": MIDNIGHT + 3 * HOUR})
    assert "staleness" not in failed(readings(ripple(4)), meter, recent, until)
    late = failed(readings(ripple(3)), meter, Comparison(last={"s": MIDNIGHT + 2 * HOUR}), until)
    assert late["staleness"].observed == "3 deliveries missed, more than 2"


def test_staleness_counts_missed_days_of_a_publication() -> None:
    prices = sensor("price", "EUR/MWh", known={"day-ahead": "13:00"})
    due = [MIDNIGHT + i * HOUR for i in range(24)]
    assert missed_deliveries(prices, MIDNIGHT - HOUR, due) == 1  # yesterday's are there
    assert missed_deliveries(prices, MIDNIGHT + 23 * HOUR, due) == 0
    assert missed_deliveries(prices, None, due) == 35
    assert missed_deliveries(prices, None, []) == 0


def test_a_store_does_not_jump() -> None:
    soc = sensor("soc", "kWh")
    compared = Comparison(fastest={"s": 6.0})
    verdict = failed(readings([2, 8, 2, 2]), soc, compared)
    assert "continuity" not in verdict
    verdict = failed(readings([2, 8.5, 8.5, 8.5]), soc, compared)
    assert verdict["continuity"].observed.startswith(
        "1 of 24 steps changed faster than they can, first by 6.5 kWh"
    )
    assert verdict["continuity"].severity == "repair"


def test_a_store_may_have_changed_while_nobody_looked() -> None:
    assert "continuity" not in failed(
        readings([2, None, 13]), sensor("soc", "kWh"), Comparison(fastest={"s": 6.0})
    )


def test_a_share_of_a_store_is_at_most_all_of_it() -> None:
    assert "maximum" in failed(readings([50, 101]), sensor("soc", "%"), Comparison())
    assert "maximum" not in failed(readings([50, 100]), sensor("soc", "%"), Comparison())


def test_a_meter_never_counts_backwards_nor_faster_than_its_connection() -> None:
    meter = sensor("meter-total", "kWh", capacity=10.0)
    assert "continuity" not in failed(readings([100, 110, 110]), meter, Comparison())
    assert "continuity" in failed(readings([100, 99]), meter, Comparison())
    assert "continuity" in failed(readings([100, 112]), meter, Comparison())


def test_what_stands_out_for_two_steps_stands_out_too() -> None:
    # an hour that was counted twice and then handed out twice
    compared = Comparison(usual(days([1.0] * 10, excess=0.5), DAY))
    twice = ripple()
    twice[12] = twice[13] = 5.5
    assert len(failed(readings(twice), sensor(), compared)["spike"].rows) == 2


def test_spikes_are_not_looked_for_where_that_is_switched_off() -> None:
    compared = Comparison(usual(days([1.0] * 10, excess=0.5), DAY))
    high = ripple()
    high[12] = 50.0
    assert "spike" not in failed(readings(high), sensor(quality={"spike": None}), compared)
