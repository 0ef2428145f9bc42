"""What is forgotten of old beliefs, and what never is. Months of 2026; today is in November."""

from datetime import UTC, date, datetime, timedelta

import polars as pl
import pytest
from sqlalchemy import Engine, text

from flex_pipeline.portfolio.retention import Retention
from flex_pipeline.warehouse.as_of import read_as_of
from flex_pipeline.warehouse.beliefs import store_forecasts, store_readings
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.recording import reading_time
from flex_pipeline.warehouse.retention import Expired, expire, find_expired
from tests.warehouse.sensors import warehouse_with

TODAY = date(2026, 11, 21)
HOUR = timedelta(hours=1)
NOON = datetime(2026, 4, 10, 12, tzinfo=UTC)
THINNED = Retention.model_validate({"superseded": "6 months"})


@pytest.fixture
def warehouse(database: Connection) -> Engine:
    warehouse = warehouse_with(database, load=("load", "kW"), price=("price", "EUR/kWh"))
    with warehouse.begin() as session:
        session.execute(
            text("""
                insert into flex.site values
                    ('home', 'UTC', 'EUR', 'acme', null, null, true, 1),
                    ('mill', 'UTC', 'EUR', 'mill', null, null, true, 1)
            """)
        )
        session.execute(text("update flex.sensor set site_id = 'home' where name = 'load'"))
    return warehouse


def believe(
    warehouse: Engine,
    *values: tuple[float, int],
    sensor: str = "load",
    at: datetime = NOON,
    kind: str = "reading",
) -> None:
    """Values of one step, each with the hour since which it is believed, counted from the step."""
    for value, hours in values:
        frame = pl.DataFrame(
            {
                "sensor": sensor,
                "event_start": [at],
                "belief_time": [at + hours * HOUR],
                "source": kind,
                "value": value,
            },
            schema_overrides=dict.fromkeys(("event_start", "belief_time"), pl.Datetime("us", "UTC")),
        )
        with warehouse.begin() as session:
            if kind == "reading":
                store_readings(session, frame, at + hours * HOUR)
            else:
                store_forecasts(session, frame.with_columns(quantile=pl.lit(0.5)))


def plan(
    warehouse: Engine,
    hours: int,
    site: str = "home",
    belief_time: datetime = NOON,
    key: str = "x",
    read_at: datetime | None = None,
) -> None:
    """A plan of the step's day, made `hours` after the step began, of before it was kept when it was read."""
    with warehouse.begin() as session:
        session.execute(
            text("""
                insert into flex.schedule_run
                    (site_id, date, planning_time, belief_time, input_hash, version_id, problem, status,
                     horizon_start, horizon_end, read_at)
                values (:site, :date, :planned, :believed, :key, 1, '{}', 'optimal', :start, :end, :read_at)
            """),
            {
                "site": site,
                "date": NOON.date(),
                "planned": NOON + hours * HOUR,
                "believed": belief_time,
                "key": key,
                "start": NOON - 12 * HOUR,
                "end": NOON + 36 * HOUR,
                "read_at": read_at,
            },
        )


def values(warehouse: Engine) -> list[float]:
    with warehouse.connect() as session:
        return sorted(session.execute(text("select value from flex.belief")).scalars())


def test_of_an_old_step_the_newest_reading_and_the_newest_forecast_stay(warehouse: Engine) -> None:
    believe(warehouse, (1.0, -9), (2.0, -8), (3.0, -7), kind="forecaster")
    believe(warehouse, (4.0, 1), (5.0, 2))

    with warehouse.connect() as session:
        assert find_expired(session, THINNED, TODAY) == [Expired(date(2026, 4, 1), False, 3)]
    assert expire(warehouse, THINNED, TODAY) == [Expired(date(2026, 4, 1), False, 3)]
    assert values(warehouse) == [3.0, 5.0]
    assert expire(warehouse, THINNED, TODAY) == []


@pytest.mark.parametrize("sensor", ["load", "price"])
def test_what_a_plan_in_force_could_read_stays_as_it_read_it(warehouse: Engine, sensor: str) -> None:
    believe(warehouse, (1.0, -9), (2.0, -7), (3.0, -5), sensor=sensor, kind="forecaster")
    believe(warehouse, (4.0, 1), (5.0, 3), (6.0, 5), sensor=sensor)
    plan(warehouse, -6)
    plan(warehouse, 3, site="mill")

    def seen(hours: int) -> list[float]:
        with warehouse.connect() as session:
            frame = read_as_of(session, [sensor], NOON, NOON + HOUR, NOON + hours * HOUR)
        return frame["value"].to_list()

    before = {hours: seen(hours) for hours in (-6, 3, 99)}
    expire(warehouse, THINNED, TODAY)

    assert seen(-6) == before[-6] == [2.0]
    assert seen(99) == before[99] == [6.0]
    # the mill's plan reads the price that both share, and not the load of the home
    assert values(warehouse) == ([2.0, 3.0, 5.0, 6.0] if sensor == "price" else [2.0, 3.0, 6.0])


def test_what_a_plan_in_force_read_stays_though_a_value_that_came_later_should_have_been_read(
    warehouse: Engine,
) -> None:
    believe(warehouse, (1.0, -9), (2.0, -8), kind="forecaster")
    plan(warehouse, -6, read_at=reading_time(warehouse))
    believe(warehouse, (3.0, -7), (4.0, -5), kind="forecaster")

    expire(warehouse, THINNED, TODAY)

    # 1 was followed in time; 3 could be known to the plan, but was not recorded when it was made
    assert values(warehouse) == [2.0, 4.0]


@pytest.mark.parametrize(("reader", "left"), [("home", [1.0, 2.0]), ("mill", [2.0]), (None, [2.0])])
def test_what_was_replaced_stays_as_long_as_the_plan_that_read_it_is_in_force(
    warehouse: Engine, reader: str | None, left: list[float]
) -> None:
    believe(warehouse, (1.0, -9), kind="forecaster")
    if reader is not None:
        plan(warehouse, -6, site=reader, read_at=reading_time(warehouse))
    believe(warehouse, (2.0, -9), kind="forecaster")

    with warehouse.connect() as session:
        found = sum(expired.rows for expired in find_expired(session, THINNED, TODAY))
    expire(warehouse, THINNED, TODAY)

    with warehouse.connect() as session:
        replaced = session.execute(text("select value from flex.replaced_belief")).scalars().all()
    assert found == 2 - len(left)
    assert sorted([*values(warehouse), *replaced]) == left


def test_what_only_a_replaced_plan_read_goes(warehouse: Engine) -> None:
    believe(warehouse, (1.0, -9), (2.0, -7), (3.0, -5), kind="forecaster")
    plan(warehouse, -8, belief_time=NOON - 8 * HOUR, key="first")
    plan(warehouse, -6, belief_time=NOON - 6 * HOUR, key="second")

    expire(warehouse, THINNED, TODAY)

    assert values(warehouse) == [2.0, 3.0]


def test_each_quantile_of_a_forecast_has_its_own_newest(warehouse: Engine) -> None:
    for hours in (-9, -8):
        frame = pl.DataFrame(
            {
                "sensor": "load",
                "event_start": NOON,
                "belief_time": NOON + hours * HOUR,
                "source": "model",
                "quantile": [0.1, 0.5, 0.9],
                "value": [hours + 0.1, hours + 0.5, hours + 0.9],
            },
            schema_overrides=dict.fromkeys(("event_start", "belief_time"), pl.Datetime("us", "UTC")),
        )
        with warehouse.begin() as session:
            store_forecasts(session, frame)

    expire(warehouse, THINNED, TODAY)

    assert values(warehouse) == [-7.9, -7.5, -7.1]


@pytest.mark.parametrize(("month", "kept"), [(5, True), (4, False)])
def test_the_current_month_and_six_before_it_are_kept_in_full(
    warehouse: Engine, month: int, kept: bool
) -> None:
    last_hour = datetime(2026, month + 1, 1, tzinfo=UTC) - HOUR
    believe(warehouse, (1.0, 1), (2.0, 2), at=last_hour)

    expire(warehouse, THINNED, TODAY)

    assert values(warehouse) == ([1.0, 2.0] if kept else [2.0])


def test_a_month_is_dropped_as_a_whole_and_the_next_is_not_touched(warehouse: Engine) -> None:
    dropped = Retention.model_validate({"beliefs": "6 months"})
    believe(warehouse, (1.0, 1), at=datetime(2026, 4, 30, 23, tzinfo=UTC))
    believe(warehouse, (2.0, 1), at=datetime(2026, 5, 1, tzinfo=UTC))
    plan(warehouse, -6)

    with warehouse.connect() as session:
        assert find_expired(session, dropped, TODAY) == [Expired(date(2026, 4, 1), True, 1)]
    assert values(warehouse) == [1.0, 2.0]
    assert expire(warehouse, dropped, TODAY) == [Expired(date(2026, 4, 1), True, 1)]
    assert values(warehouse) == [2.0]
    with warehouse.connect() as session:
        assert session.execute(text("select to_regclass('flex.belief_2026_04')")).scalar() is None
        assert (
            session.execute(text("select count(*) from flex.schedule_run")).scalar() == 1
        )  # with its inputs


def test_a_dropped_month_can_be_read_again(warehouse: Engine) -> None:
    believe(warehouse, (1.0, 1))
    expire(warehouse, Retention.model_validate({"beliefs": "3 months"}), TODAY)
    believe(warehouse, (1.0, 1))

    assert values(warehouse) == [1.0]


def test_a_value_read_again_after_thinning_is_still_not_stored_twice(warehouse: Engine) -> None:
    believe(warehouse, (4.0, 1), (5.0, 2))
    expire(warehouse, THINNED, TODAY)
    believe(warehouse, (5.0, 9))

    assert values(warehouse) == [5.0]


def test_without_a_retention_nothing_is_ever_forgotten(warehouse: Engine) -> None:
    believe(warehouse, (4.0, 1), (5.0, 2), at=datetime(2001, 1, 1, tzinfo=UTC))

    assert expire(warehouse, Retention(), TODAY) == []
    assert values(warehouse) == [4.0, 5.0]
