"""Real prices and a real household, over the autumn clock change, with what is wrong in them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline import Pipeline

HOUSEHOLD = Path(__file__).parent / "portfolios" / "household"
DATES = ("--from", "2024-10-18", "--to", "2024-10-31")  # 27 October has 25 hours


@pytest.fixture(scope="module")
def household(open_folder: Path, shared: Path) -> Iterator[Pipeline]:
    folder = open_folder / "household"
    shutil.copytree(HOUSEHOLD, folder)
    for path in folder.glob("*.yaml"):
        path.write_text(path.read_text().replace("../../../../shared", str(shared)))
    pipeline = Pipeline(open_folder / "real")
    done = pipeline.command("run", "--portfolio", str(folder), *DATES)
    # a day without its meter cannot be planned, and the command says so
    assert done.returncode == 1, done.stdout + done.stderr
    assert "2024-10-19 household: household.pv: 1 of 48 steps missing" in done.stdout
    yield pipeline
    pipeline.stop()


def test_thirteen_of_fourteen_days_are_planned_and_the_other_says_why(household: Pipeline) -> None:
    assert household.sql("select status, count(*) from flex.current_plan group by 1 order by 1") == [
        ("blocked", 1),
        ("optimal", 13),
    ]
    ((day, reason),) = household.sql(
        "select date::text, reason from flex.current_plan where status = 'blocked'"
    )
    assert day == "2024-10-19"
    assert "household.pv: 1 of 48 steps missing, first 2024-10-19T08:30+02:00" in reason


def test_the_defect_is_in_the_verdicts_with_its_step(household: Pipeline) -> None:
    ((sensor, expectation, rows),) = household.sql("""
        select s.name, q.expectation, q.rows from flex.data_quality as q join flex.sensor as s using (sensor_id)
        where q.date = '2024-10-19' and not q.passed and q.severity = 'error'
    """)

    assert (sensor, expectation, len(rows)) == ("household.pv", "completeness", 1)


def test_the_long_day_has_fifty_half_hours(household: Pipeline) -> None:
    steps = household.sql("""
        select date::text, count(*) from flex.current_schedule
        where device_id = 'household/battery' and date between '2024-10-26' and '2024-10-28' group by 1 order by 1
    """)

    assert steps == [("2024-10-26", 48), ("2024-10-27", 50), ("2024-10-28", 48)]


def test_flexibility_saves_money_over_two_weeks_with_its_stock_accounted_for(household: Pipeline) -> None:
    # what the passive site holds more at the end, at the dearest consumption price of the fortnight
    ((saving, owed_kwh, price),) = household.sql("""
        select sum(saving),
            (select sum(d.baseline_soc_end_kwh - d.soc_end_kwh) from flex.current_plan as p
             join flex.device_plan as d using (run_id) where p.date = '2024-10-31'),
            (select avg(consumption_price) from flex.site_plan)
        from reports.site_cost_daily
    """)

    assert saving - owed_kwh * price > 0


def test_forecasts_of_the_load_are_better_than_last_week(household: Pipeline) -> None:
    ((mae, naive),) = household.sql("""
        select avg(f.mae), avg(f.mae_naive) from flex.forecast_run as f join flex.sensor as s using (sensor_id)
        where s.name = 'household.load'
    """)

    assert mae < naive
