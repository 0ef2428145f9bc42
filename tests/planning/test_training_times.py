"""Models are due at the planning time of every Tuesday, those of panels and markets of every fourth."""

from datetime import UTC, date, datetime, timedelta

from flex_pipeline.planning.training_times import first_of_week, training_time
from flex_pipeline.portfolio.portfolio import Settings

SETTINGS = Settings()
TUESDAY = date(2026, 11, 17)
MONDAY_AT_QUARTER_PAST_ONE = datetime(2026, 11, 16, 12, 15, tzinfo=UTC)


def test_a_week_of_dates_shares_the_models_of_the_monday_before() -> None:
    days = [TUESDAY + timedelta(days=i) for i in range(7)]

    assert {first_of_week(day) for day in days} == {TUESDAY}
    assert {training_time(SETTINGS, "load", SETTINGS.planned_at(day)) for day in days} == {
        MONDAY_AT_QUARTER_PAST_ONE
    }
    before = SETTINGS.planned_at(TUESDAY - timedelta(days=1))
    assert training_time(SETTINGS, "load", before) == MONDAY_AT_QUARTER_PAST_ONE - timedelta(days=7)


def test_models_of_panels_and_markets_last_four_weeks() -> None:
    year = [TUESDAY + timedelta(days=i) for i in range(364)]
    for kind in ("pv", "price"):
        times = {training_time(SETTINGS, kind, SETTINGS.planned_at(day)) for day in year}
        assert len(times) == 14  # 13 of 28 days, one of which has begun before the year


def test_no_model_is_due_after_the_planning_that_asks_for_it() -> None:
    for i in range(400):
        origin = SETTINGS.planned_at(TUESDAY + timedelta(days=i))
        assert training_time(SETTINGS, "pv", origin) <= training_time(SETTINGS, "load", origin) <= origin
