"""Real prices and a real household, over the autumn clock change, with what is wrong in them."""

import shutil
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from flex_pipeline.defs import dbt_project
from flex_pipeline.warehouse import embedded
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
    assert done.returncode == 0, done.stdout + done.stderr
    yield pipeline
    pipeline.stop()


def test_a_step_that_the_meter_lost_keeps_no_day_from_being_planned(household: Pipeline) -> None:
    assert household.sql("select status, count(*) from flex.current_plan group by 1 order by 1") == [
        ("optimal", 14)
    ]


def test_the_lost_step_is_in_the_verdicts_and_what_stands_in_for_it_is_marked(household: Pipeline) -> None:
    verdicts = household.sql("""
        select s.name, q.expectation, q.passed, q.observed
        from flex.data_quality as q join flex.sensor as s using (sensor_id)
        where q.date = '2024-10-19' and q.expectation in ('completeness', 'repaired')
            and s.name = 'household.pv' order by 2
    """)
    assert verdicts == [
        (
            "household.pv",
            "completeness",
            False,
            "1 of 48 steps missing, first 2024-10-19T08:30+02:00",
        ),
        ("household.pv", "repaired", True, "1 of 1 faulty steps filled in: 1 by interpolate"),
    ]
    repairs = household.sql("""
        select sensor, event_start at time zone 'Europe/Paris' = '2024-10-19 08:30', source
        from flex.current_belief where source_type = 'repair' and event_start::date = '2024-10-19'
    """)
    assert repairs == [("household.pv", True, "interpolate")]


def test_each_plan_says_what_of_it_was_forecast(household: Pipeline) -> None:
    reasons = household.sql("select reason from flex.current_plan")
    assert all("household.load: " in reason and " steps forecast by " in reason for (reason,) in reasons)


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


def test_planned_less_realised_is_the_parts_of_regret_and_a_cent_too_much_is_found(
    household: Pipeline,
) -> None:
    server = embedded.start(household.home / "postgres")
    results = dbt_project.build("2024-10-18", "2024-10-31", server.dbt_environment)
    tests = {result.unique_id.split(".")[2]: result for result in results}
    assert not [result for result in results if result.failed]
    ((days, regret, surprise, execution, model, planned, realised),) = household.sql("""
        select count(*), sum(regret), sum(forecast_surprise), sum(execution_regret), sum(model_regret),
            sum(planned_energy_cost), sum(realised_energy_cost)
        from reports.regret_daily
    """)
    assert days == 13  # the look-ahead of the last day is not measured
    assert regret > 0
    assert execution == pytest.approx(0, abs=1e-6)  # a battery without a meter does as planned
    assert planned - realised == pytest.approx(-(surprise + model), abs=0.005)

    with psycopg.connect(server.url) as session:  # not committed
        session.execute("update reports.regret_daily set forecast_surprise = forecast_surprise - 0.01")
        assert len(session.execute(tests["parts_of_regret_add_up"].query).fetchall()) == 13
        session.rollback()
        session.execute("update reports.site_cost_daily set total_cost = total_cost + 0.01")
        assert len(session.execute(tests["totals_are_energy_and_all_besides"].query).fetchall()) == 14
        session.rollback()
