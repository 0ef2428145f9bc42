"""A site of the portfolio and what is believed become a problem file."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flex_pipeline.planning.horizon import horizon, planning_time
from flex_pipeline.planning.problem import NoValuesError, Values, input_hash, site_problem
from flex_pipeline.portfolio.loader import load_portfolio
from flex_pipeline.portfolio.portfolio import Portfolio, Settings
from flex_pipeline.scheduling import read_problem
from flex_pipeline.scheduling.plugins import load as load_plugins
from flex_pipeline.sources import check_source

SITE = """\
site: home
timezone: Europe/Amsterdam
sensors:
  price: {unit: EUR/MWh, resolution: PT1H, kind: price, source: {simulated: price, level: 80 EUR/MWh}}
  departure: {unit: kWh, resolution: PT15M, kind: soc-minima, source: {simulated: ev-departure-soc, reserve: 9 kWh}}
flex-context: {consumption-price: {sensor: price, plus: 0.1 EUR/kWh}}
devices:
  ev:
    type: storage
    flex-model: {soc-at-start: 5 kWh, soc-max: 40 kWh, power-capacity: 11 kW, soc-minima: {sensor: departure}}
  washer:
    type: process
    flex-model:
      {process-type: SHIFTABLE, power: 2 kW, duration: PT2H, time-restrictions: [{start: "22:00", end: "06:00"}]}
"""
DAY = date(2026, 3, 29)  # the clock goes forward: 23 hours, from 23:00 UTC on the day before
MIDNIGHT = datetime(2026, 3, 28, 23, tzinfo=UTC)
NOW = datetime(2026, 4, 1, tzinfo=UTC)


@pytest.fixture
def portfolio(tmp_path: Path) -> Portfolio:
    (tmp_path / "home.yaml").write_text(SITE)
    return load_portfolio(tmp_path, check_source, load_plugins)


def hourly(n: int) -> pl.DataFrame:
    starts = [MIDNIGHT + timedelta(hours=i) for i in range(n)]
    return pl.DataFrame(
        {"event_start": starts, "value": [float(i) for i in range(n)]},
        schema={"event_start": pl.Datetime("us", "UTC"), "value": pl.Float64},
    )


def problem(portfolio: Portfolio, hours: int, soc: dict[str, float] | None = None) -> dict[str, object]:
    departure = pl.DataFrame(
        {"event_start": [MIDNIGHT + timedelta(hours=8)], "value": [30.0]}, schema=hourly(0).schema
    )
    values = Values(portfolio, {"price": hourly(hours), "departure": departure})
    (site,) = portfolio.sites
    seen = horizon(portfolio.settings, site.timezone, DAY, NOW)
    return site_problem(site, site.devices, values, seen, soc or {})


def test_what_a_device_states_for_itself_goes_with_it(tmp_path: Path) -> None:
    own = "    flex-context: {soc-minima-breach-price: {sensor: price}}\n    type: storage\n"
    (tmp_path / "home.yaml").write_text(SITE.replace("    type: storage\n", own))

    ev, washer = problem(load_portfolio(tmp_path, check_source, load_plugins), 47)["devices"]  # type: ignore[misc]

    assert ev["flex_context"]["soc-minima-breach-price"]["series"]["values"][:2] == [0.0, 1.0]
    assert "flex_context" not in washer


def test_a_sensor_becomes_its_values_and_what_is_added_stays(portfolio: Portfolio) -> None:
    made = problem(portfolio, 47)

    price = made["flex_context"]["consumption-price"]  # type: ignore[index]
    assert price["plus"] == "0.1 EUR/kWh"
    assert price["series"]["values"][:3] == [0.0, 1.0, 2.0]
    assert read_problem(made).grid.n == 47 * 4


def test_the_horizon_ends_where_the_values_do(portfolio: Portfolio) -> None:
    # 30 h after midnight, one of them skipped by the clock
    assert problem(portfolio, 30)["end"] == "2026-03-30T07:00:00+02:00"


def test_a_day_that_is_not_covered_names_sensor_and_step(portfolio: Portfolio) -> None:
    with pytest.raises(NoValuesError, match=r"price: nothing known .* for the step at 2026-03-29 21:00 UTC"):
        problem(portfolio, 22)


def test_what_must_be_in_store_is_asked_at_the_instant(portfolio: Portfolio) -> None:
    ev = problem(portfolio, 47)["devices"][0]["flex_model"]  # type: ignore[index]

    assert ev["soc-minima"] == [{"datetime": "2026-03-29T07:00:00+00:00", "value": "30 kWh"}]


def test_the_stock_carries_over(portfolio: Portfolio) -> None:
    ev = problem(portfolio, 47, {"home/ev": 12.5})["devices"][0]["flex_model"]  # type: ignore[index]

    assert ev["soc-at-start"] == "12.5 kWh"


def test_a_restriction_recurs_each_day_over_midnight_and_a_process_stays_in_its_day(
    portfolio: Portfolio,
) -> None:
    washer = problem(portfolio, 47)["devices"][1]["flex_model"]  # type: ignore[index]

    *nights, tomorrow = washer["time-restrictions"]
    assert nights[0] == {"start": "2026-03-28T22:00:00+01:00", "end": "2026-03-29T06:00:00+02:00"}
    assert nights[1] == {"start": "2026-03-29T22:00:00+02:00", "end": "2026-03-30T06:00:00+02:00"}
    assert tomorrow == {"start": "2026-03-29T22:00:00+00:00", "duration": "PT1440M"}


def test_the_window_of_a_process_is_one_of_the_planned_day_alone(tmp_path: Path) -> None:
    window = 'duration: PT2H, earliest-start: "07:00", latest-end: "17:30"'
    (tmp_path / "home.yaml").write_text(SITE.replace("duration: PT2H", window))
    read = load_portfolio(tmp_path, check_source, load_plugins)

    washer = problem(read, 47)["devices"][1]["flex_model"]  # type: ignore[index]

    # the clock went forward in the night
    assert washer["earliest-start"] == "2026-03-29T07:00:00+02:00"
    assert washer["latest-end"] == "2026-03-29T17:30:00+02:00"


def test_a_process_does_not_wait_for_one_that_is_left_out(tmp_path: Path) -> None:
    dryer = """\
  dryer:
    type: process
    flex-model: {process-type: SHIFTABLE, power: 2 kW, duration: PT1H, after: [washer]}
"""
    (tmp_path / "home.yaml").write_text(SITE + dryer)
    read = load_portfolio(tmp_path, check_source, load_plugins)
    (home,) = read.sites
    seen = horizon(read.settings, home.timezone, DAY, NOW)

    def after(*names: str) -> object:
        devices = tuple(device for device in home.devices if device.name in names)
        made = site_problem(home, devices, Values(read, {"price": hourly(47)}), seen, {})
        assert read_problem(made)
        return made["devices"][-1]["flex_model"]["after"]

    assert after("washer", "dryer") == ["washer"]
    assert after("dryer") == []


def test_equal_problems_have_equal_hashes(portfolio: Portfolio) -> None:
    assert input_hash(problem(portfolio, 47)) == input_hash(problem(portfolio, 47))
    assert input_hash(problem(portfolio, 47)) != input_hash(problem(portfolio, 46))


def test_a_day_is_planned_on_the_day_before_after_the_prices() -> None:
    assert planning_time(Settings(), DAY, NOW) == datetime(2026, 3, 28, 12, 15, tzinfo=UTC)


def test_a_plan_made_too_early_is_as_of_the_last_planning_time() -> None:
    morning = datetime(2026, 3, 28, 6, tzinfo=UTC)

    assert planning_time(Settings(), DAY, morning) == datetime(2026, 3, 27, 12, 15, tzinfo=UTC)


def test_groups_come_along_and_promises_of_devices_that_are_not_planned_do_not(tmp_path: Path) -> None:
    text = SITE.replace("flex-model: {soc-at-start", "flex-model: {group: feeder, soc-at-start").replace(
        "flex-context: {",
        "groups: {feeder: {power-capacity: 9 kW}}\nflex-context:\n  {",
    )
    promises = """{name: night, baseline: 0 kW, up-price: 1 EUR/kWh, devices: [ev]},
        {name: all, baseline: 0 kW, up-price: 1 EUR/kWh}"""
    text = text.replace("plus: 0.1 EUR/kWh}}", f"plus: 0.1 EUR/kWh}}, commitments: [{promises}]}}")
    (tmp_path / "home.yaml").write_text(text)
    portfolio = load_portfolio(tmp_path, check_source, load_plugins)
    departure = hourly(0)
    values = Values(portfolio, {"price": hourly(23), "departure": departure})
    (site,) = portfolio.sites
    seen = horizon(portfolio.settings, site.timezone, DAY, NOW)

    whole = site_problem(site, site.devices, values, seen, {})
    assert whole["devices"][-1] == {
        "name": "feeder",
        "type": "group",
        "flex_model": {"power-capacity": "9 kW"},
    }
    (group, _) = read_problem(whole).groups  # and one of the promise
    assert group.members == {"ev"}
    rest = site_problem(site, [d for d in site.devices if d.name == "washer"], values, seen, {})
    assert [promise["name"] for promise in rest["flex_context"]["commitments"]] == ["all"]
    assert read_problem(rest).groups[0].members == frozenset()
