"""The demo from end to end: what a new user sees, twice."""

import json
import os
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.browser import see
from tests.pipeline import Pipeline

PLANS = """
    select device_id, event_start, power_kw, soc_kwh, baseline_power_kw from flex.schedule
    join flex.schedule_run using (run_id) order by 1, 2
"""
BELIEFS = "select count(*), sum(value), max(belief_time) from flex.belief"
DATES = ("--from", "2025-03-29", "--to", "2025-03-30")  # the clock goes forward on the second


@pytest.fixture(scope="module")
def demo(open_folder: Path) -> Iterator[Pipeline]:
    pipeline = Pipeline(open_folder / "demo")
    done = pipeline.command("run", *DATES)
    assert done.returncode == 0, done.stdout + done.stderr
    yield pipeline
    pipeline.stop()


def test_every_site_has_an_optimal_plan_for_each_day(demo: Pipeline) -> None:
    plans = demo.sql(
        "select site_id, count(*) from flex.current_plan where status = 'optimal' group by 1 order by 1"
    )

    assert plans == [("home-01", 2), ("office-01", 2), ("workshop-01", 2)]


def test_a_day_on_which_the_clock_changes_is_planned_in_full(demo: Pipeline) -> None:
    steps = demo.sql(
        "select date, count(*) from flex.current_schedule where device_id = 'home-01/ev' group by 1 order by 1"
    )

    assert [n for _, n in steps] == [96, 92]


def test_the_stock_carries_over_from_day_to_day(demo: Pipeline) -> None:
    ((gap,),) = demo.sql("""
        select max(abs(a.soc_end_kwh - b.soc_start_kwh))
        from flex.device_plan as a join flex.schedule_run as r using (run_id),
            flex.device_plan as b join flex.schedule_run as s using (run_id)
        where b.device_id = a.device_id and s.date = r.date + 1
    """)

    assert gap < 1e-6


def test_the_car_has_what_its_driver_asks_for_when_it_leaves(demo: Pipeline) -> None:
    departures = demo.sql("""
        select s.soc_kwh, b.value
        from flex.current_belief as b
        join flex.current_schedule as s on s.event_end = b.event_start and s.device_id = 'home-01/ev'
        where b.sensor = 'home-01.ev-departure-soc' and b.quantile = 0.5
            and b.belief_time <= s.planning_time
    """)

    assert departures
    assert all(soc >= asked - 1e-6 for soc, asked in departures)


def test_nothing_was_used_before_it_was_known(demo: Pipeline) -> None:
    late = demo.sql("""
        select count(*) from flex.forecast_run as f
        join flex.belief as b on b.sensor_id = f.sensor_id and b.source_id = f.source_id
        where b.belief_time = f.planning_time and b.event_start < f.planning_time - interval '1 hour'
    """)

    assert late == [(0,)]


def test_the_report_of_all_sites_leads_to_that_of_each_and_every_page_fits_a_phone(
    demo: Pipeline, tmp_path: Path
) -> None:
    done = demo.command("report", *DATES, "--out", str(tmp_path / "pages"))

    assert done.stdout == f"wrote {tmp_path / 'pages' / 'index.html'}\n", done.stderr
    pages = {path.name: path.read_text(encoding="utf-8") for path in (tmp_path / "pages").iterdir()}
    assert sorted(pages) == ["home-01.html", "index.html", "office-01.html", "workshop-01.html"]
    for name, page in pages.items():
        seen = see(page, 390, tmp_path)
        assert (seen.width <= 390, seen.clipped, seen.crossing) == (True, [], []), name
    costs = demo.sql("""
        select round(sum(cost)::numeric, 2)::text from reports.cost_component_daily group by site_id order by sum(cost)
    """)
    shown = see(pages["index.html"], 390, tmp_path).column("sites-EUR", "cost")
    assert sorted(shown, key=float) == [cost for (cost,) in costs]


def test_a_report_that_ends_before_it_begins_is_refused(demo: Pipeline) -> None:
    done = demo.command("report", "--from", "2025-03-30", "--to", "2025-03-29")

    assert done.returncode == 2
    assert "--to 2025-03-29 is before --from 2025-03-30" in done.stderr


def test_what_a_plan_was_made_from_is_made_again(demo: Pipeline, tmp_path: Path) -> None:
    done = demo.command("inputs", "plan", "home-01", "2025-03-30", "--out", str(tmp_path / "problem.json"))
    assert done.returncode == 0, done.stderr
    assert "the same inputs" in done.stderr

    solved = json.loads(demo.command("solve", str(tmp_path / "problem.json")).stdout)
    stored = demo.sql("""
        select total_cost from flex.current_plan where site_id = 'home-01' and date = '2025-03-30'
    """)
    assert stored == [(pytest.approx(solved["costs"]["total"]),)]


def test_what_a_forecast_was_made_from_is_made_again(demo: Pipeline) -> None:
    done = demo.command("inputs", "forecast", "home-01.load", "2025-03-30")

    assert done.returncode == 0, done.stderr
    assert len(json.loads(done.stdout)["steps"]) > 92


def test_reports_cover_each_step_and_the_costs_are_those_of_the_steps(demo: Pipeline) -> None:
    assert demo.sql("select count(*) from reports.headroom") == [(3 * (96 + 92),)]
    ((difference,),) = demo.sql("""
        select max(abs(c.energy_cost - s.cost)) from reports.site_cost_daily as c
        join (
            select site_id, date, sum(0.25 * case when net_power_kw > 0 then net_power_kw * consumption_price
                else net_power_kw * production_price end) as cost
            from flex.current_plan join flex.site_plan using (run_id) group by 1, 2
        ) as s using (site_id, date)
    """)
    assert difference < 0.005


def test_the_runs_are_in_the_reports_with_their_seconds_and_none_has_failed(demo: Pipeline) -> None:
    runs = demo.sql("""
        select stage, sum(runs)::int, sum(failed_runs)::int, min(seconds) > 0, max(partitions)
        from reports.pipeline_run_daily where date between '2025-03-29' and '2025-03-30' group by 1
    """)
    stages = {stage: rest for stage, *rest in runs}
    assert {"read, judge, forecast", "plan", "measure", "reports"} <= stages.keys()
    assert stages["plan"] == [2, 0, True, 6.0]  # devices
    ((assets, hours),) = demo.sql("select count(*), max(hours_since) from reports.asset_freshness")
    assert assets > 30
    assert hours < 1


def test_forecasts_are_compared_with_what_was_measured(demo: Pipeline) -> None:
    # the second day was forecast with the plans of both days
    leads = demo.sql("""
        select date, count(distinct lead_hours >= 36)::int
        from flex.current_forecast_accuracy where sensor = 'home-01.load' group by 1 order by 1
    """)
    assert [n for _, n in leads] == [1, 2]


def test_a_backtest_prints_its_scores_and_keeps_them(demo: Pipeline, tmp_path: Path) -> None:
    range_ = ("--from", "2025-03-28", "--to", "2025-03-29")
    picture = tmp_path / "backtest.png"
    done = demo.command("backtest", "--sensor", "home-01.load", *range_, "--out", str(picture))

    assert done.returncode == 0, done.stderr
    assert "home-01.load by lead, in steps of 6 hours" in done.stdout
    assert (tmp_path / "home-01.load-backtest.png").read_bytes().startswith(b"\x89PNG")
    kept = demo.sql(
        "select date::text, sum(n)::int from flex.forecast_accuracy where evaluation = 'backtest' group by 1"
    )
    assert sorted(kept) == [("2025-03-28", 2 * 96), ("2025-03-29", 2 * 96)]

    refused = demo.command("backtest", "--sensor", "home-01.laod", *range_)
    assert refused.returncode == 2
    assert refused.stderr.startswith(
        'sensor "home-01.laod" is not in the portfolio; did you mean home-01.load'
    )


def test_a_second_run_changes_nothing_but_belief_times(demo: Pipeline) -> None:
    plans, beliefs = demo.sql(PLANS), demo.sql(BELIEFS)
    runs = demo.sql("select run_id, belief_time from flex.schedule_run order by 1")

    done = demo.command("run", *DATES)

    assert done.returncode == 0, done.stdout + done.stderr
    assert demo.sql(PLANS) == plans
    assert demo.sql(BELIEFS) == beliefs
    again = demo.sql("select run_id, belief_time from flex.schedule_run order by 1")
    assert [run for run, _ in again] == [run for run, _ in runs]
    assert all(later > before for (_, later), (_, before) in zip(again, runs, strict=True))


def test_devices_selected_one_by_one_get_the_same_plans(demo: Pipeline) -> None:
    plans = demo.sql(PLANS)
    demo.sql("with gone as (delete from flex.schedule_run returning 1) select count(*) from gone")
    assert demo.sql(PLANS) == []

    devices = ("workshop-01/dust-press", "home-01/ev", "office-01/heat-pump", "home-01/battery")
    selected = [word for device in devices for word in ("--device", device)]
    done = demo.command("backfill", *DATES, *selected)

    assert done.returncode == 0, done.stdout + done.stderr
    assert demo.sql(PLANS) == plans


def test_a_server_killed_in_between_loses_nothing(demo: Pipeline) -> None:
    plans = demo.sql(PLANS)
    ((postmaster,),) = demo.sql("select pg_read_file('postmaster.pid')")
    os.kill(int(postmaster.split()[0]), signal.SIGKILL)

    done = demo.command("run", *DATES)

    assert done.returncode == 0, done.stdout + done.stderr
    assert demo.sql(PLANS) == plans
