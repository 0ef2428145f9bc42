from datetime import UTC, datetime, timedelta

import numpy as np

from flex_pipeline.forecasting.wall_clock import WallClock

PARIS = WallClock("Europe/Paris", timedelta(hours=1))


def test_the_same_local_hour_is_a_day_of_steps_away_across_a_change_of_the_clock() -> None:
    # 18:00 in Paris on 28 March (winter) and 29 March 2026 (summer) are 23 hours apart
    before, after = PARIS.steps(np.array(["2026-03-28T17:00", "2026-03-29T16:00"], "datetime64[us]"))
    assert after - before == 24
    assert before % 24 == 18


def test_the_hour_that_autumn_repeats_is_one_step() -> None:
    first, second = PARIS.steps(np.array(["2026-10-25T00:00", "2026-10-25T01:00"], "datetime64[us]"))
    assert first == second
    assert PARIS.starts(np.array([first]))[0] == np.datetime64("2026-10-25T00:00")


def test_the_hour_that_spring_skips_has_no_time() -> None:
    skipped = PARIS.steps(np.array(["2026-03-29T01:00"], "datetime64[us]")) - 1  # 02:00, before 03:00
    assert np.isnat(PARIS.starts(skipped))[0]


def test_a_step_begun_before_the_end_is_within_the_bound() -> None:
    noon = int(PARIS.steps(np.array(["2026-02-10T11:00"], "datetime64[us]"))[0])
    assert PARIS.bound(datetime(2026, 2, 10, 11, tzinfo=UTC)) == noon
    assert PARIS.bound(datetime(2026, 2, 10, 11, 30, tzinfo=UTC)) == noon + 1
