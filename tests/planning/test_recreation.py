"""The inputs of a plan are made again from the beliefs of its time, whatever has come in or was changed since."""

import json
from datetime import timedelta
from pathlib import Path

import polars as pl
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import Engine, text

from flex_pipeline.planning import configuration
from flex_pipeline.planning.forecasts import ForecastDesk
from flex_pipeline.planning.planner import Planner
from flex_pipeline.planning.recreation import recreate_forecast_inputs, recreate_plan_inputs
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.scheduling import read_problem, solve
from flex_pipeline.warehouse.beliefs import store_forecasts, store_readings
from flex_pipeline.warehouse.plans import NotStoredError
from flex_pipeline.warehouse.portfolios import store_portfolio
from tests.planning.homes import DAY, HOUR, MIDNIGHT, NOW, homes, know, planner, rows

TOMORROW = DAY + timedelta(days=1)
ONE_DAY = timedelta(days=1)


def correct(warehouse: Engine, sensor: str, value: float, hour: int) -> None:
    """The source gives another value than before, a day after it was first read."""
    frame = _values(sensor, [value], hour)
    with warehouse.begin() as session:
        store_readings(session, frame, NOW + ONE_DAY)


def hear(warehouse: Engine, sensor: str, value: float, hour: int, *, stated: bool) -> None:
    """A value for an hour of the day that is believed since before the planning time, and only comes in now."""
    frame = _values(sensor, [value], hour).with_columns(stated=pl.lit(stated))
    with warehouse.begin() as session:
        store_readings(session, frame, NOW + ONE_DAY)


def forecast(warehouse: Engine, sensor: str, values: list[float]) -> None:
    frame = _values(sensor, values, 0).with_columns(source=pl.lit("model"), quantile=pl.lit(0.5))
    with warehouse.begin() as session:
        store_forecasts(session, frame)


def _values(sensor: str, values: list[float], first_hour: int) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sensor": sensor,
            "event_start": [MIDNIGHT + (first_hour + i) * HOUR for i in range(len(values))],
            "belief_time": MIDNIGHT - ONE_DAY,
            "source": "meter",
            "value": values,
        },
        schema_overrides={"event_start": pl.Datetime("us", "UTC"), "belief_time": pl.Datetime("us", "UTC")},
    )


def forget(warehouse: Engine, sensor: str) -> None:
    with warehouse.begin() as session:
        session.execute(
            text(
                "delete from flex.belief using flex.sensor as n where n.sensor_id = belief.sensor_id and name = :s"
            ),
            {"s": sensor},
        )


def plan(made_by: Planner, *days: int) -> None:
    for after in days:
        list(made_by.plan_all(["a"], DAY + after * ONE_DAY, NOW + after * ONE_DAY))


def run_ids(warehouse: Engine) -> list[int]:
    return [run for (run,) in rows(warehouse, "select run_id from flex.schedule_run order by 1")]


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    portfolio = homes(tmp_path, warehouse, ["a", "b"])
    know(warehouse, "price", [50.0] * 24, MIDNIGHT + 48 * HOUR)
    return portfolio


def test_a_later_correction_changes_nothing_and_the_file_solves_to_the_same_cost(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    plan(planner(warehouse, portfolio), 0)
    ((stored, cost),) = rows(warehouse, "select input_hash, total_cost from flex.schedule_run")
    correct(warehouse, "price", 500.0, hour=9)
    correct(warehouse, "a.load", 3.0, hour=9)

    again = recreate_plan_inputs(warehouse, "a", DAY)

    assert again.is_same
    assert again.input_hash == stored
    assert solve(read_problem(again.inputs["problem"])).costs.total == cost
    assert str(again).startswith(
        "a on 2025-06-10, plan 1, as of 2025-06-09 11:15 UTC, configuration 1: the same"
    )


def test_a_value_that_comes_in_late_is_read_by_new_plans_and_not_by_the_inputs_of_an_old_one(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    forget(warehouse, "a.load")
    forecast(warehouse, "a.load", [0.7] * 24)
    made_by = planner(warehouse, portfolio)
    plan(made_by, 0)
    hear(
        warehouse, "a.load", 2.0, 9, stated=False
    )  # the first of a source: the sensor's rule says since when
    plan(made_by, 0)
    hear(warehouse, "a.load", 2.5, 9, stated=True)  # restated: the source says it since then, too
    plan(made_by, 0)
    correct(
        warehouse, "a.load", 9.0, 9
    )  # believed since it was read, the day after: no plan of the day may read it
    plan(made_by, 0)
    forecast(warehouse, "a.load", [0.8] * 24)  # made again for the same planning time
    plan(made_by, 0)

    runs = [recreate_plan_inputs(warehouse, "a", DAY, run) for run in run_ids(warehouse)]

    assert [again.is_same for again in runs] == [True] * 4  # the correction gave no other plan
    loads = [
        again.inputs["problem"]["flex_context"]["inflexible-consumption"][0]["series"]["values"]
        for again in runs
    ]
    assert [(load[8], load[9]) for load in loads] == [(0.7, 0.7), (0.7, 2.0), (0.7, 2.5), (0.8, 2.5)]


COMES = st.tuples(
    st.sampled_from(["price", "a.load"]), st.integers(0, 23), st.sampled_from([1.0, 2.0, 60.0]), st.booleans()
)


@settings(max_examples=8, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.lists(st.lists(COMES, max_size=4), min_size=1, max_size=5))
def test_whatever_comes_in_the_inputs_of_every_plan_are_found_again(
    warehouse: Engine, portfolio: Portfolio, batches: list[list[tuple[str, int, float, bool]]]
) -> None:
    with warehouse.begin() as session:
        session.execute(text("truncate flex.belief, flex.replaced_belief, flex.schedule_run cascade"))
    know(warehouse, "price", [50.0] * 12 + [90.0] * 12)
    forecast(warehouse, "a.load", [0.5] * 24)
    made_by = planner(warehouse, portfolio)
    plan(made_by, 0)
    for batch in batches:
        for sensor, hour, value, stated in batch:
            hear(warehouse, sensor, value, hour, stated=stated)
        plan(made_by, 0)

    assert all(recreate_plan_inputs(warehouse, "a", DAY, run).is_same for run in run_ids(warehouse))


def test_what_was_stored_has_no_say_in_it(warehouse: Engine, portfolio: Portfolio) -> None:
    plan(planner(warehouse, portfolio), 0)
    with warehouse.begin() as session:
        session.execute(text("update flex.schedule_run set problem = '{}'"))

    assert recreate_plan_inputs(warehouse, "a", DAY).is_same


def test_a_belief_that_was_tampered_with_is_found_and_named(warehouse: Engine, portfolio: Portfolio) -> None:
    plan(planner(warehouse, portfolio), 0)
    with warehouse.begin() as session:
        session.execute(
            text("update flex.belief set value = 51 where event_start = :start and value = 50"),
            {"start": MIDNIGHT + 2 * HOUR},
        )

    again = recreate_plan_inputs(warehouse, "a", DAY)

    assert not again.is_same
    assert again.differences == (
        "problem.flex_context.consumption-price.series.values[2]: 50.0 then, 51.0 now",
    )


def test_the_configuration_is_that_of_the_plan(
    tmp_path: Path, warehouse: Engine, portfolio: Portfolio
) -> None:
    plan(planner(warehouse, portfolio), 0)
    site = tmp_path / "a.yaml"
    site.write_text(site.read_text().replace("soc-max: 10 kWh", "soc-max: 20 kWh"))
    edited = configuration.load(tmp_path)
    with warehouse.begin() as session:
        store_portfolio(session, edited)
    plan(planner(warehouse, edited), 0)

    first, second = (recreate_plan_inputs(warehouse, "a", DAY, run) for run in run_ids(warehouse))

    assert first.is_same
    assert second.is_same
    assert (first.version_id, second.version_id) == (1, 2)
    sizes = [again.inputs["problem"]["devices"][0]["flex_model"]["soc-max"] for again in (first, second)]
    assert sizes == ["10 kWh", "20 kWh"]


def test_a_site_that_left_the_portfolio_is_recreated_all_the_same(
    tmp_path: Path, warehouse: Engine, portfolio: Portfolio
) -> None:
    plan(planner(warehouse, portfolio), 0)
    (tmp_path / "a.yaml").unlink()
    with warehouse.begin() as session:
        store_portfolio(session, configuration.load(tmp_path))

    assert recreate_plan_inputs(warehouse, "a", DAY).is_same


def test_the_stock_is_that_of_the_plan_before_it_and_not_of_a_later_one(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    planner_ = planner(warehouse, portfolio)
    plan(planner_, 0, 1)
    with warehouse.begin() as session:  # the day before is planned once more, and ends with another stock
        session.execute(text("update flex.belief set value = 10 where value = 100"))
    plan(planner_, 0)
    with warehouse.begin() as session:
        session.execute(text("update flex.device_plan set soc_end_kwh = 7.5 where run_id = 3"))
        session.execute(text("update flex.belief set value = 100 where value = 10"))

    again = recreate_plan_inputs(warehouse, "a", TOMORROW)

    assert run_ids(warehouse) == [1, 2, 3]
    assert again.is_same
    assert again.inputs["problem"]["devices"][0]["flex_model"]["soc-at-start"] != "7.5 kWh"


def test_a_device_that_was_left_out_is_left_out_again(warehouse: Engine, portfolio: Portfolio) -> None:
    with warehouse.begin() as session:
        session.execute(
            text("""
                insert into flex.data_quality
                select sensor_id, :day, 'in limits', 'error', false, 'far too much', '[]', :now
                from flex.sensor where name = 'a.load'
            """),
            {"day": DAY, "now": NOW},
        )
    plan(planner(warehouse, portfolio), 0)
    with warehouse.begin() as session:
        session.execute(text("delete from flex.data_quality"))

    again = recreate_plan_inputs(warehouse, "a", DAY)

    assert again.is_same
    assert again.inputs["blocked"] == {"a/battery": "a.load: far too much"}
    assert again.inputs["problem"] is None


def test_a_plan_that_was_never_made_is_told(warehouse: Engine, portfolio: Portfolio) -> None:
    with pytest.raises(NotStoredError, match="there is no plan of a for 2025-06-11; make it with"):
        recreate_plan_inputs(warehouse, "a", TOMORROW)


def test_a_portfolio_comes_back_from_its_content(portfolio: Portfolio) -> None:
    stored = json.loads(json.dumps(portfolio.content()))

    again = Portfolio.of_content(stored, portfolio.folder)

    assert again.content_hash() == portfolio.content_hash()
    assert again.sites == portfolio.sites
    assert again.sensors == portfolio.sensors


def test_a_forecast_is_made_of_the_same_after_a_correction(warehouse: Engine, portfolio: Portfolio) -> None:
    days = 30  # so that a model is trained, on a Monday
    know(warehouse, "a.load", [float(h % 24) for h in range(24 * days)], MIDNIGHT - days * ONE_DAY)
    with warehouse.begin() as session:  # meters say nothing ahead
        session.execute(text("delete from flex.belief where event_start >= :start"), {"start": MIDNIGHT})
        session.execute(text("update flex.belief set belief_time = event_start + interval '1 hour'"))
    ForecastDesk(warehouse, portfolio).forecast(DAY, NOW)
    correct(warehouse, "a.load", 99.0, hour=-72)
    hear(warehouse, "a.load", 77.0, -49, stated=True)  # an older belief, which the source tells of only now

    again = recreate_forecast_inputs(warehouse, "a.load", DAY)

    assert again.is_same
    assert again.version_id == 1
    given = again.inputs["forecast"]
    assert given["as_of"] == "2025-06-09T11:15:00+00:00"
    assert len(given["steps"]) == 24
    assert given["trained_on"]
    assert max(start for start, _ in given["known"]) < given["as_of"]
    assert not {77.0, 99.0} & {value for _, value in given["known"]}

    with pytest.raises(NotStoredError, match="there is no forecast of price for 2025-06-10"):
        recreate_forecast_inputs(warehouse, "price", DAY)


def test_a_forecast_of_other_history_is_found(warehouse: Engine, portfolio: Portfolio) -> None:
    know(warehouse, "a.load", [float(h % 24) for h in range(24 * 9)], MIDNIGHT - 9 * ONE_DAY)
    with warehouse.begin() as session:
        session.execute(text("delete from flex.belief where event_start >= :start"), {"start": MIDNIGHT})
    ForecastDesk(warehouse, portfolio).forecast(DAY, NOW)
    assert recreate_forecast_inputs(warehouse, "a.load", DAY).is_same

    with warehouse.begin() as session:
        session.execute(text("update flex.belief set value = 8 where value = 7"))

    assert not recreate_forecast_inputs(warehouse, "a.load", DAY).is_same
