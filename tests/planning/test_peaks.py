"""The peak of a billing period: what earlier days have reached costs no more, be it planned or measured."""

from datetime import date, timedelta
from pathlib import Path

import pytest
from sqlalchemy import Engine

from flex_pipeline.planning import configuration
from flex_pipeline.planning.peaks import first_day, with_peaks
from flex_pipeline.planning.recreation import recreate_plan_inputs
from flex_pipeline.portfolio.portfolio import BillingPeriod, Portfolio
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, SETTINGS, know, planner, rows

TOMORROW, DAY_AFTER = DAY + timedelta(days=1), DAY + timedelta(days=2)
SITE = """
site: a
sensors:
  a.load:
    {unit: kW, resolution: PT1H, kind: load, known: {day-ahead: "06:00"},
     source: {simulated: load, profile: home, yearly: 3000 kWh}}
flex-context:
  consumption-price: {sensor: price}
  site-peak-consumption-price: 1 EUR/kW
  inflexible-consumption: [{sensor: a.load}]
devices:
  car:
    flex-model: {soc-max: 100 kWh, consumption-capacity: 10 kW, production-capacity: 0 kW}
"""
PEAK_COST = """
    select date, cost from flex.current_cost_term where component = 'peaks' order by 1
"""


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    """A site with a load of 2 kW, but 5 kW at the noon of the first day, and of 3 kW at the noon of the second."""
    return stored(tmp_path, warehouse, SETTINGS)


def stored(folder: Path, warehouse: Engine, settings: str) -> Portfolio:
    (folder / "portfolio.yaml").write_text(settings)
    (folder / "a.yaml").write_text(SITE)
    portfolio = configuration.load(folder)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    know(warehouse, "price", [50.0] * 72)
    load = [2.0] * 72
    load[12], load[36], load[60] = 5.0, 3.0, 6.0
    know(warehouse, "a.load", load)
    return portfolio


def plan(warehouse: Engine, portfolio: Portfolio, *days: date) -> None:
    for day in days:
        (outcome,) = planner(warehouse, portfolio).plan_all(["a"], day, NOW + timedelta(days=2))
        assert outcome.status == "optimal"


def test_only_what_exceeds_the_peak_of_the_days_before_is_paid_for(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    plan(warehouse, portfolio, DAY, TOMORROW, DAY_AFTER)

    # 5 kW at 1 EUR/kW; 3 kW were paid for; and of 6 kW one is new
    assert rows(warehouse, PEAK_COST) == [
        (DAY, pytest.approx(5.0)),
        (TOMORROW, 0.0),
        (DAY_AFTER, pytest.approx(1.0)),
    ]
    (reason,) = rows(warehouse, f"select reason from flex.current_plan where date = '{TOMORROW}'")
    assert (
        "site-peak-consumption: 5.000 kW are paid for by the days before in the billing period" in reason[0]
    )


def test_a_load_that_was_higher_than_forecast_counts_as_it_was_measured(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    plan(warehouse, portfolio, DAY)
    noon = MIDNIGHT + 12 * HOUR
    know(warehouse, "a.load", [5.5], noon, since=noon + HOUR)  # tomorrow is planned at 13:15

    plan(warehouse, portfolio, TOMORROW, DAY_AFTER)

    assert rows(warehouse, PEAK_COST)[2] == (DAY_AFTER, pytest.approx(0.5))


def test_each_day_pays_for_its_own_peak_where_that_is_the_billing_period(
    tmp_path: Path, warehouse: Engine
) -> None:
    portfolio = stored(
        tmp_path, warehouse, SETTINGS.replace("settings: {", "settings: {billing-period: day, ")
    )

    plan(warehouse, portfolio, DAY, TOMORROW, DAY_AFTER)

    assert [cost for _, cost in rows(warehouse, PEAK_COST)] == [pytest.approx(kw) for kw in (5.0, 3.0, 6.0)]


def test_the_inputs_of_a_plan_are_made_again_with_the_peak_that_it_knew(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    plan(warehouse, portfolio, DAY, TOMORROW)
    # paid 2 EUR/kWh for an hour, the car takes its 10 kW: the first day now has a peak of 12 kW
    know(warehouse, "price", [-2000.0], MIDNIGHT + 2 * HOUR, since=MIDNIGHT - 23 * HOUR)
    plan(warehouse, portfolio, DAY)

    assert rows(warehouse, PEAK_COST)[0] == (DAY, pytest.approx(12.0))
    assert recreate_plan_inputs(warehouse, "a", TOMORROW).is_same


@pytest.mark.parametrize(
    ("period", "first"), [("day", date(2025, 6, 10)), ("month", date(2025, 6, 1)), ("year", date(2025, 1, 1))]
)
def test_a_billing_period_begins_with_its_first_day(period: BillingPeriod, first: date) -> None:
    assert first_day(period, DAY) == first


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        (None, "4 kW"),
        ("3 kW", "4 kW"),
        ("12 kW", "12 kW"),
        (
            [{"value": "7 kW", "start": "2025-06-10T01:00+00:00", "end": "2025-06-10T02:00+00:00"}],
            [None, 7.0, None],
        ),
    ],
)
def test_a_stated_peak_is_raised_to_that_of_the_days_before_where_it_is_lower(
    given: object, expected: object
) -> None:
    stated = {} if given is None else {"site-peak-consumption": given}
    problem = {
        "start": "2025-06-10T00:00+00:00",
        "end": "2025-06-10T03:00+00:00",
        "resolution": "PT1H",
        "flex_context": {"consumption-price": "1 EUR/kWh", **stated},
    }

    context = with_peaks(problem, {("electricity", "site-peak-consumption"): 4.0})["flex_context"]

    found = context["site-peak-consumption"]
    assert (found["series"]["values"] if isinstance(found, dict) else found) == expected


def test_the_peak_of_each_commodity_is_its_own() -> None:
    problem = {
        "start": "2025-06-10T00:00+00:00",
        "end": "2025-06-10T01:00+00:00",
        "resolution": "PT1H",
        "flex_context": {
            "commodities": [
                {
                    "commodity": "electricity",
                    "consumption-price": "1 EUR/kWh",
                    "site-peak-consumption": "1 kW",
                },
                {"commodity": "gas", "consumption-price": "1 EUR/kWh"},
                {"commodity": "heat"},
            ]
        },
    }
    peaks = {("electricity", "site-peak-consumption"): 4.0, ("gas", "site-peak-consumption"): 5.0}

    context = with_peaks(problem, peaks)["flex_context"]

    assert context["site-peak-consumption"] == "4 kW"
    assert context["commodities"] == [
        {"commodity": "gas", "consumption-price": "1 EUR/kWh", "site-peak-consumption": "5 kW"},
        {"commodity": "heat"},
    ]
