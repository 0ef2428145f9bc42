"""Planning many sites: each is stored once and alone, whoever else plans it, and whatever happens to another."""

import logging
import multiprocessing
import os
import signal
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import numpy as np
import pytest
from sqlalchemy import Engine, event

from flex_pipeline.planning import plan_rows
from flex_pipeline.planning import planner as planning
from flex_pipeline.planning.planner import Outcome
from flex_pipeline.planning.site_day import SiteDay
from flex_pipeline.scheduling import Problem, Schedule, ShadowPrice, solve
from flex_pipeline.scheduling.batch import CHUNK, Solvers
from flex_pipeline.scheduling.costs import CostTerm
from flex_pipeline.warehouse.plans import Plan, read_limits
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, homes, know, planner, rows

ABC = ["a", "b", "c"]
STEPS = """
    select site_id, date, device_id, event_start, power_kw, soc_kwh, baseline_power_kw, baseline_soc_kwh,
        net_power_kw, marginal_price, total_cost, bound, primal_violation, input_hash
    from flex.schedule join flex.schedule_run using (run_id) join flex.site_plan using (run_id, event_start)
    order by 1, 2, 3, 4
"""


def hows(outcomes: list[Outcome]) -> dict[str, str]:
    return {outcome.site_id: outcome.how for outcome in outcomes}


def test_every_site_gets_its_plan_in_the_order_asked_for(tmp_path: Path, warehouse: Engine) -> None:
    outcomes = list(planner(warehouse, homes(tmp_path, warehouse, ABC)).plan_all(["c", "a"], DAY, NOW))

    assert [(o.site_id, o.how, o.status) for o in outcomes] == [
        ("c", "solved", "optimal"),
        ("a", "solved", "optimal"),
    ]
    (stored,) = rows(
        warehouse, "select energy_cost, terminal_cost from flex.schedule_run where site_id = 'a'"
    )
    # 12 kWh of load, half of it at 0.05 and half at 0.10; and 10 kWh bought at 0.05 that are sold at 0.10
    assert stored == (pytest.approx(0.3 + 0.6 - 0.5), 0.0)


def test_the_stock_of_one_day_is_where_the_next_begins(tmp_path: Path, warehouse: Engine) -> None:
    planner_ = planner(warehouse, homes(tmp_path, warehouse, ABC))
    tomorrow = DAY + timedelta(days=1)
    know(warehouse, "price", [50.0] * 24, MIDNIGHT - 24 * HOUR)

    for day in (DAY, tomorrow):
        list(planner_.plan_all(ABC, day, NOW + timedelta(days=1)))

    ends = "select device_id, soc_end_kwh from flex.device_plan join flex.schedule_run using (run_id) where date = '{}'"
    begins = ends.replace("soc_end_kwh", "soc_start_kwh")
    assert sorted(rows(warehouse, ends.format(DAY))) == sorted(rows(warehouse, begins.format(tomorrow)))


def test_two_processes_store_the_rows_of_one_to_the_bit(tmp_path: Path, warehouse: Engine) -> None:
    names = [f"home-{i:02}" for i in range(CHUNK + 2)]
    portfolio = homes(tmp_path, warehouse, names)
    list(planner(warehouse, portfolio).plan_all(names, DAY, NOW))
    alone = rows(warehouse, STEPS)
    with warehouse.begin() as session:
        session.exec_driver_sql("delete from flex.schedule_run")

    with Solvers(2, start_after_s=0.0) as solvers:
        outcomes = list(planner(warehouse, portfolio, solvers).plan_all(names, DAY, NOW))

    assert set(hows(outcomes).values()) == {"solved"}
    assert len(alone) == 24 * len(names)
    assert rows(warehouse, STEPS) == alone


def test_what_is_read_takes_as_many_queries_for_one_site_as_for_many(
    tmp_path: Path, warehouse: Engine
) -> None:
    planner_ = planner(warehouse, homes(tmp_path, warehouse, ABC))

    def queries(sites: list[str]) -> int:
        seen: list[str] = []

        def note(*given: Any) -> None:
            seen.append(given[2])

        event.listen(warehouse, "before_cursor_execute", note)
        planner_._prepare([planner_.portfolio.site(name) for name in sites], DAY, NOW)
        event.remove(warehouse, "before_cursor_execute", note)
        return len(seen)

    assert queries(["a"]) == queries(ABC) > 0


def test_the_same_inputs_are_never_solved_twice(
    tmp_path: Path, warehouse: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner_ = planner(warehouse, homes(tmp_path, warehouse, ABC))
    list(planner_.plan_all(["a", "b"], DAY, NOW))
    before = rows(warehouse, STEPS)
    solved = []
    monkeypatch.setattr(plan_rows, "solve", lambda problem: solved.append(problem) or solve(problem))

    outcomes = list(planner_.plan_all(ABC, DAY, NOW + HOUR))

    assert hows(outcomes) == {"a": "confirmed", "b": "confirmed", "c": "solved"}
    assert len(solved) == 1
    assert [row for row in rows(warehouse, STEPS) if row[0] != "c"] == before
    assert rows(warehouse, "select distinct belief_time from flex.schedule_run") == [(NOW + HOUR,)]


def test_a_plan_that_vanished_meanwhile_is_solved_again(
    tmp_path: Path, warehouse: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    planner_ = planner(warehouse, homes(tmp_path, warehouse, ABC))
    found = {site_day.key for site_day in planner_._prepare(planner_.portfolio.sites, DAY, NOW)}
    monkeypatch.setattr(planning, "stored_inputs", lambda *_: found)

    assert hows(list(planner_.plan_all(ABC, DAY, NOW))) == dict.fromkeys(ABC, "solved")


def test_two_planners_at_once_leave_one_plan_of_each_site(
    tmp_path: Path, warehouse: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    portfolio = homes(tmp_path, warehouse, ABC)
    both_have_solved = Barrier(2, timeout=60)

    def together(make: Callable[[SiteDay], Plan]) -> Callable[[SiteDay], Plan]:
        def made(site_day: SiteDay) -> Plan:
            plan = make(site_day)
            both_have_solved.wait()
            return plan

        return made

    monkeypatch.setattr(planning, "plan_of", together(planning.plan_of))
    found: list[list[Outcome]] = []
    threads = [
        Thread(target=lambda: found.append(list(planner(warehouse, portfolio).plan_all(ABC, DAY, NOW))))
        for _ in range(2)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    first, second = found
    for name in ABC:
        assert {hows(first)[name], hows(second)[name]} == {"solved", "confirmed"}
    assert rows(warehouse, "select site_id from flex.schedule_run order by 1") == [("a",), ("b",), ("c",)]
    assert len(rows(warehouse, STEPS)) == 24 * len(ABC)


def test_who_planned_earlier_does_not_take_a_later_plan_out_of_force(
    tmp_path: Path, warehouse: Engine
) -> None:
    planner_ = planner(warehouse, homes(tmp_path, warehouse, ["a"]))
    list(planner_.plan_all(["a"], DAY, NOW + HOUR))

    list(planner_.plan_all(["a"], DAY, NOW))

    assert rows(warehouse, "select belief_time from flex.current_plan") == [(NOW + HOUR,)]


def test_a_site_that_cannot_be_prepared_blocks_itself_alone(
    tmp_path: Path, warehouse: Engine, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    prepare = planning.with_problem

    def fragile(site_day: SiteDay, known: Any) -> SiteDay:
        if site_day.site.site_id == "b":
            raise ZeroDivisionError("nobody thought of this")
        return prepare(site_day, known)

    monkeypatch.setattr(planning, "with_problem", fragile)
    with caplog.at_level(logging.ERROR):
        outcomes = list(planner(warehouse, homes(tmp_path, warehouse, ABC)).plan_all(ABC, DAY, NOW))

    why = "ZeroDivisionError: nobody thought of this"
    assert hows(outcomes) == {"a": "solved", "b": "blocked", "c": "solved"}
    assert outcomes[1].reason == why
    assert f"b on {DAY}: {why}" in caplog.text
    assert "Traceback" in caplog.text
    assert rows(
        warehouse, "select device_id, status, reason from flex.device_plan where status <> 'optimal'"
    ) == [("b/battery", "blocked", why)]


def test_a_site_that_cannot_be_solved_blocks_itself_alone(
    tmp_path: Path, warehouse: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fragile(problem: Problem) -> Schedule:
        if problem.stocks[0].start_kwh == 1.0:  # that of b
            raise MemoryError
        return solve(problem)

    monkeypatch.setattr(plan_rows, "solve", fragile)
    outcomes = list(planner(warehouse, homes(tmp_path, warehouse, ABC)).plan_all(ABC, DAY, NOW))

    assert hows(outcomes) == {"a": "solved", "b": "blocked", "c": "solved"}
    assert rows(warehouse, "select site_id, reason from flex.current_plan where status = 'blocked'") == [
        ("b", "MemoryError: ")
    ]


def test_a_site_whose_plan_cannot_be_stored_blocks_itself_alone(
    tmp_path: Path, warehouse: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def fragile(problem: Problem) -> Schedule:
        told = "a text has no \0" if problem.stocks[0].start_kwh == 1.0 else None
        return replace(solve(problem), diagnosis=told)

    monkeypatch.setattr(plan_rows, "solve", fragile)
    outcomes = list(planner(warehouse, homes(tmp_path, warehouse, ABC)).plan_all(ABC, DAY, NOW))

    assert hows(outcomes) == {"a": "solved", "b": "blocked", "c": "solved"}
    assert outcomes[1].reason is not None
    assert outcomes[1].reason.startswith("its plan cannot be stored")


class Deadly(dict[str, float]):
    """Kills the process that unpacks it."""

    def __reduce__(self) -> tuple[Any, ...]:
        return signal.raise_signal, (signal.SIGKILL,)


def test_a_site_that_kills_its_worker_blocks_itself_alone(
    tmp_path: Path, warehouse: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    prepare = planning.with_problem

    def deadly(site_day: SiteDay, known: Any) -> SiteDay:
        prepared = prepare(site_day, known)
        return replace(prepared, baseline_soc_kwh=Deadly()) if site_day.site.site_id == "b" else prepared

    monkeypatch.setattr(planning, "with_problem", deadly)
    with Solvers(2, start_after_s=0.0) as solvers:
        outcomes = list(planner(warehouse, homes(tmp_path, warehouse, ABC), solvers).plan_all(ABC, DAY, NOW))

    assert hows(outcomes) == {"a": "solved", "b": "blocked", "c": "solved"}
    assert outcomes[1].reason == "the process that worked on it died: was it killed, or out of memory?"


def test_a_worker_that_is_killed_loses_no_plan(tmp_path: Path, warehouse: Engine) -> None:
    names = [f"home-{i:02}" for i in range(2 * CHUNK + 2)]
    portfolio = homes(tmp_path, warehouse, names)
    with Solvers(2, start_after_s=0.0) as solvers:
        outcomes = planner(warehouse, portfolio, solvers).plan_all(names, DAY, NOW)

        found = [next(outcomes)]
        worker = multiprocessing.active_children()[0].pid
        assert worker is not None
        os.kill(worker, signal.SIGKILL)
        found += outcomes

    assert hows(found) == dict.fromkeys(names, "solved")
    assert len(rows(warehouse, STEPS)) == 24 * len(names)


def test_a_site_without_values_stays_blocked_until_they_come(tmp_path: Path, warehouse: Engine) -> None:
    planner_ = planner(warehouse, homes(tmp_path, warehouse, ["a", "b"]))
    with warehouse.begin() as session:
        session.exec_driver_sql(
            "delete from flex.belief where sensor_id = (select sensor_id from flex.sensor where name = 'b.load')"
        )

    for _ in range(2):
        a, b = planner_.plan_all(["a", "b"], DAY, NOW)
        assert a.status in ("optimal", "confirmed")
        assert b.how == "blocked"
        assert (b.reason or "").startswith("b.load: nothing known or forecast")
    assert rows(warehouse, "select count(*) from flex.schedule_run where site_id = 'b'") == [(1,)]

    know(warehouse, "b.load", [0.4] * 48)
    assert hows(list(planner_.plan_all(["b"], DAY, NOW))) == {"b": "solved"}


def test_a_site_that_left_the_portfolio_is_told_of(tmp_path: Path, warehouse: Engine) -> None:
    outcomes = list(planner(warehouse, homes(tmp_path, warehouse, ["a"])).plan_all(["gone", "a"], DAY, NOW))

    assert hows(outcomes) == {"gone": "blocked", "a": "solved"}
    assert outcomes[0].reason == "is not in the portfolio any more"


def test_what_limits_are_worth_and_why_no_plan_keeps_them_is_stored(
    tmp_path: Path, warehouse: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    def worth(problem: Problem) -> Schedule:
        by_hour: Mapping[int, float] = {2: 0.03, 5: 0.01, 6: 1e-12}
        imports = np.array([by_hour.get(h, 0.0) for h in range(24)])
        prices = (
            ShadowPrice("site", "site_import_limit", "kW", imports),
            ShadowPrice("battery", "soc_ceiling", "kWh", np.full(24, 0.05)),
            ShadowPrice("battery", "soc_floor", "kWh", np.zeros(24)),
        )
        schedule = solve(problem)
        costs = replace(schedule.costs, terminal=-0.25)
        return replace(schedule, shadow_prices=prices, diagnosis="too much is asked for", costs=costs)

    monkeypatch.setattr(plan_rows, "solve", worth)
    (outcome,) = planner(warehouse, homes(tmp_path, warehouse, ["a"])).plan_all(["a"], DAY, NOW)

    assert outcome.reason == "too much is asked for"
    assert rows(
        warehouse,
        "select event_start, value, unit from flex.current_shadow_price where component = 'site' order by 1",
    ) == [(MIDNIGHT + 2 * HOUR, 0.03, "EUR/kW"), (MIDNIGHT + 5 * HOUR, 0.01, "EUR/kW")]
    with warehouse.connect() as session:
        first, second = read_limits(session, "a", DAY)
    assert first == {
        "component": "battery",
        "family": "soc_ceiling",
        "unit": "EUR/kWh",
        "steps": 24,
        "worth": pytest.approx(1.2),
        "highest": 0.05,
    }
    assert (second["family"], second["steps"], second["worth"]) == (
        "site_import_limit",
        2,
        pytest.approx(0.04),
    )
    ((diagnosis, terminal, total, energy),) = rows(
        warehouse, "select diagnosis, terminal_cost, total_cost, energy_cost from flex.schedule_run"
    )
    assert (diagnosis, terminal) == ("too much is asked for", -0.25)
    assert total == pytest.approx(energy - 0.25)


def test_what_is_paid_for_under_one_name_is_stored_as_one_once_and_goes_with_its_plan(
    tmp_path: Path, warehouse: Engine, monkeypatch: pytest.MonkeyPatch
) -> None:
    promises = (CostTerm("commitments", "evening", 0.1), CostTerm("commitments", "evening", 0.2))
    monkeypatch.setattr(
        plan_rows, "solve", lambda p: replace(s := solve(p), cost_terms=(*s.cost_terms, *promises))
    )
    planner_ = planner(warehouse, homes(tmp_path, warehouse, ["a"]))
    for _ in range(2):
        list(planner_.plan_all(["a"], DAY, NOW))

    terms = "select component, name, cost from flex.cost_term order by 1"
    assert rows(warehouse, terms) == [
        ("commitments", "evening", pytest.approx(0.3)),
        ("energy", "net energy", pytest.approx(0.4)),  # as in the first test
    ]
    with warehouse.begin() as session:
        session.exec_driver_sql("delete from flex.schedule_run")
    assert rows(warehouse, terms) == []
