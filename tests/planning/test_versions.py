"""Edits make versions; what leaves the portfolio keeps its history, and what comes back continues."""

from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flex_pipeline.planning import configuration
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.portfolios import read_content, store_portfolio
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, homes, know, planner, rows

CAR = "  car: {flex-model: {soc-at-start: 2 kWh, soc-max: 9 kWh, power-capacity: 3 kW, soc-at-end: 4 kWh}}\n"
ONE_DAY = timedelta(days=1)
STEPS = """
    select date, device_id, event_start, power_kw, soc_kwh from flex.schedule join flex.schedule_run using (run_id)
    where date = '{}' order by 2, 3
"""


@pytest.fixture
def home(tmp_path: Path, warehouse: Engine) -> Path:
    """A site with a battery; prices and loads of four days are known."""
    homes(tmp_path, warehouse, ["a"])
    for sensor, values in (("price", [50.0, 90.0]), ("a.load", [0.5, 0.5])):
        know(warehouse, sensor, values * 24, MIDNIGHT + 48 * HOUR)
    return tmp_path / "a.yaml"


def load(warehouse: Engine, home: Path, text: str) -> tuple[Portfolio, int]:
    """Edit the site, and put the portfolio in force."""
    home.write_text(text)
    portfolio = configuration.load(home.parent)
    with warehouse.begin() as session:
        return portfolio, store_portfolio(session, portfolio)


def plan(warehouse: Engine, portfolio: Portfolio, after: int) -> None:
    day, now = DAY + after * ONE_DAY, NOW + after * ONE_DAY
    (outcome,) = planner(warehouse, portfolio).plan_all(["a"], day, now)
    assert outcome.how in ("solved", "confirmed")


def test_an_edit_makes_a_version_and_the_way_back_finds_the_old_one(warehouse: Engine, home: Path) -> None:
    before = home.read_text()
    _, first = load(warehouse, home, before)
    _, same = load(warehouse, home, "# a comment changes nothing\n" + before)
    edited, second = load(warehouse, home, before.replace("17 kVA", "12 kVA"))
    _, back = load(warehouse, home, before)

    assert first == same == back != second
    assert rows(warehouse, "select count(*) from flex.portfolio_version") == [(2,)]
    with warehouse.connect() as session:
        assert (
            Portfolio.of_content(read_content(session, second), home).content_hash() == edited.content_hash()
        )


def test_a_plan_names_the_version_that_it_was_made_with(warehouse: Engine, home: Path) -> None:
    before = home.read_text()
    portfolio, first = load(warehouse, home, before)
    plan(warehouse, portfolio, 0)
    portfolio, second = load(warehouse, home, before.replace("soc-max: 10 kWh", "soc-max: 8 kWh"))
    plan(warehouse, portfolio, 0)

    assert rows(warehouse, "select version_id from flex.schedule_run order by run_id") == [
        (first,),
        (second,),
    ]
    assert rows(warehouse, "select version_id from flex.current_plan") == [(second,)]


def test_a_device_that_left_keeps_its_history_and_is_not_planned(warehouse: Engine, home: Path) -> None:
    before = home.read_text()
    portfolio, _ = load(warehouse, home, before + CAR)
    plan(warehouse, portfolio, 0)
    of_the_first_day = rows(warehouse, STEPS.format(DAY))

    portfolio, _ = load(warehouse, home, before)
    plan(warehouse, portfolio, 1)

    assert rows(warehouse, STEPS.format(DAY)) == of_the_first_day
    assert {device for _, device, *_ in of_the_first_day} == {"a/battery", "a/car"}
    assert {device for _, device, *_ in rows(warehouse, STEPS.format(DAY + ONE_DAY))} == {"a/battery"}
    assert rows(warehouse, "select device_id, active from flex.device order by 1") == [
        ("a/battery", True),
        ("a/car", False),
    ]
    # what reports read of the day
    current = "select distinct device_id from flex.current_schedule where date = '{}' order by 1"
    assert rows(warehouse, current.format(DAY)) == [("a/battery",), ("a/car",)]


def test_a_device_that_comes_back_continues_with_what_it_held(warehouse: Engine, home: Path) -> None:
    before = home.read_text()
    portfolio, first = load(warehouse, home, before + CAR)
    plan(warehouse, portfolio, 0)
    without, _ = load(warehouse, home, before)
    plan(warehouse, without, 1)

    portfolio, back = load(warehouse, home, before + CAR)
    plan(warehouse, portfolio, 2)

    assert back == first
    assert rows(warehouse, "select active from flex.device where device_id = 'a/car'") == [(True,)]
    stock = "select soc_start_kwh, soc_end_kwh from flex.current_plan join flex.device_plan using (run_id) "
    (_, left_with), (came_with, _) = rows(warehouse, stock + "where device_id = 'a/car' order by date")
    # its flex-model would have it begin with 2 kWh, and asks for 4 kWh at the end of a day
    assert came_with == left_with == pytest.approx(4.0)


def test_a_sensor_that_left_keeps_its_beliefs(warehouse: Engine, home: Path) -> None:
    before = home.read_text()
    values = "select count(*) from flex.belief join flex.sensor using (sensor_id) where name = 'a.load'"
    stored = rows(warehouse, values)
    bare = before[: before.index("sensors:")] + before[before.index("flex-context:") :]
    load(warehouse, home, bare.replace("  inflexible-consumption: [{sensor: a.load}]\n", ""))

    assert rows(warehouse, "select active from flex.sensor where name = 'a.load'") == [(False,)]
    assert rows(warehouse, values) == stored != [(0,)]


def test_a_site_that_left_keeps_its_plans(tmp_path: Path, warehouse: Engine) -> None:
    portfolio = homes(tmp_path, warehouse, ["a", "b"])
    plan(warehouse, portfolio, 0)
    (tmp_path / "a.yaml").unlink()
    with warehouse.begin() as session:
        store_portfolio(session, configuration.load(tmp_path))

    assert rows(warehouse, "select site_id, active from flex.site order by 1") == [("a", False), ("b", True)]
    assert len(rows(warehouse, STEPS.format(DAY))) == 24
