"""CO2 of planned days: in the rows of a plan, and what less of it would have cost."""

from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import Engine
from typer.testing import CliRunner

from flex_pipeline.cli import app
from flex_pipeline.planning import configuration
from flex_pipeline.planning.pareto import pareto_of_plan
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from flex_pipeline.warehouse.plans import NotStoredError
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import DAY, HOME, NOW, SETTINGS, know, planner, rows

CO2 = """
  co2:
    {unit: gCO2/kWh, resolution: PT1H, kind: emissions, known: {day-ahead: "12:00"},
     source: {csv: co2.csv, column: co2}}
"""
POINTS = "select point, cost, emissions_kg from flex.current_pareto where site_id = 'a' order by point"


@pytest.fixture
def warehouse(database: Connection) -> Engine:
    migrate(database)
    return engine(database)


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    """Cheap at night, when a kWh stands for 400 g, and dear by day, when it stands for 100 g."""
    (tmp_path / "co2.csv").touch()
    (tmp_path / "portfolio.yaml").write_text(SETTINGS + CO2)
    home = HOME % {"site": "a", "soc_kwh": 0}
    asked = "flex-context:\n  consumption-emissions: {sensor: co2}\n  emissions-price: 50 EUR/tCO2\n"
    asked += "  site-production-capacity: 0 kW\n"
    (tmp_path / "a.yaml").write_text(home.replace("flex-context:\n", asked))
    portfolio = configuration.load(tmp_path)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    by_day = [8 <= hour < 20 for hour in range(24)]
    know(warehouse, "price", [100.0 if day else 50.0 for day in by_day])
    know(warehouse, "co2", [100.0 if day else 400.0 for day in by_day])
    know(warehouse, "a.load", [0.5] * 24)
    return portfolio


def test_a_plan_keeps_its_co2_beside_its_money(warehouse: Engine, portfolio: Portfolio) -> None:
    list(planner(warehouse, portfolio).plan_all(["a"], DAY, NOW))

    # all 12 kWh are bought at night, 6 of them for the day: 50 + 20 EUR/MWh against 100 + 5
    ((status, kg, cost, total),) = rows(
        warehouse, "select status, emissions_kg, emissions_cost, total_cost from flex.current_plan"
    )
    assert status == "optimal"
    assert kg == pytest.approx(12 * 0.4)
    assert cost == pytest.approx(12 * 0.4 * 0.05)
    assert total == pytest.approx(12 * 0.05 + 12 * 0.4 * 0.05)
    terms = dict(rows(warehouse, "select component, cost from flex.current_cost_term"))
    assert terms["emissions"] == pytest.approx(cost)
    steps = rows(
        warehouse,
        "select sum(net_power_kw * consumption_emissions) from flex.current_connection where commodity = 'electricity'",
    )
    assert steps == [(pytest.approx(kg),)]


def test_what_less_co2_would_have_cost_is_kept_with_the_plan(warehouse: Engine, portfolio: Portfolio) -> None:
    list(planner(warehouse, portfolio).plan_all(["a"], DAY, NOW))

    table = pareto_of_plan(warehouse, "a", DAY, 3)

    # the evening draws 2 kWh, which may come from a battery that was filled by day
    assert rows(warehouse, POINTS) == [
        (i, pytest.approx(p.money), pytest.approx(p.kg)) for i, p in enumerate(table.points, 1)
    ]
    costs = [cost for _, cost, _ in rows(warehouse, POINTS)]
    assert costs == sorted(costs)
    (first, _, last) = table.points
    assert first.kg == pytest.approx(4.8)
    assert last.kg == pytest.approx(8 * 0.5 * 0.4 + 8 * 0.1)
    assert last.money > first.money

    pareto_of_plan(warehouse, "a", DAY, 2)
    assert len(rows(warehouse, POINTS)) == 2


def test_a_day_that_is_not_planned_has_no_table(warehouse: Engine, portfolio: Portfolio) -> None:
    with pytest.raises(NotStoredError, match=f"there is no plan of a for {DAY} with a problem to solve"):
        pareto_of_plan(warehouse, "a", DAY, 3)


def test_the_command_prints_the_table(
    warehouse: Engine, portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch, database: Connection
) -> None:
    list(planner(warehouse, portfolio).plan_all(["a"], DAY, NOW))
    monkeypatch.setattr("flex_pipeline.warehouse.resolve.resolve", lambda: database)

    printed = CliRunner().invoke(app, ["pareto", "a", str(DAY), "--points", "2"])

    assert printed.exit_code == 0, printed.output
    assert printed.output.split()[:4] == ["EUR", "kg", "CO2", "EUR/kg"]
    assert len(printed.output.splitlines()) == 3
