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
from flex_pipeline.warehouse.retention import (
    Expired,
    expire,
    expire_models,
    find_expired,
    find_expired_models,
)
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


def train(
    warehouse: Engine, *trained: date, champion: date | None = None, sensor: str = "load", code: str = "1.0"
) -> None:
    """Models trained at noon of days, or days on which the model of another day stayed in use."""
    with warehouse.begin() as session:
        for day in trained:
            session.execute(
                text("""
                    insert into flex.trained_model
                        (sensor_id, trained_as_of, occasion, sensor_hash, code_version, data_hash, read_at,
                         window_start, window_end, readings, name, ladder_step, reason, mae, cpu_s, decision,
                         champion_id, document, digest, stored_at)
                    select n.sensor_id, :at, 'due', 'x', :code, 'x', :at, :at, :at, 1, 'm', 's', 'r', 0.5, 1, 'd',
                        c.model_id, :document, :digest, :at
                    from flex.sensor as n
                    left join flex.trained_model as c
                        on c.sensor_id = n.sensor_id and c.trained_as_of = cast(:champion as timestamptz)
                    where n.name = :sensor
                """),
                {
                    "at": noon(day),
                    "champion": None if champion is None else noon(champion),
                    "document": None if champion else b"trees",
                    "digest": None if champion else "digest",
                    "sensor": sensor,
                    "code": code,
                },
            )


def noon(day: date) -> datetime:
    return datetime(day.year, day.month, day.day, 12, tzinfo=UTC)


def whole_models(warehouse: Engine) -> list[date]:
    """The days of the models that have their document."""
    with warehouse.connect() as session:
        told = session.execute(
            text("select trained_as_of from flex.trained_model where document is not null")
        )
        return sorted(at.astimezone(UTC).date() for at in told.scalars())


def test_a_model_that_was_in_force_in_a_kept_month_keeps_its_document_and_older_ones_their_scores(
    warehouse: Engine,
) -> None:
    days = [date(2026, 3, 3), date(2026, 4, 7), date(2026, 4, 28), date(2026, 5, 5), date(2026, 11, 3)]
    train(warehouse, *days)

    with warehouse.connect() as session:
        assert find_expired_models(session, THINNED, TODAY) == 2
    assert whole_models(warehouse) == days
    assert expire_models(warehouse, THINNED, TODAY) == 2

    assert whole_models(warehouse) == days[2:]  # on 1 May, that of 28 April was in force
    with warehouse.connect() as session:
        scores = session.execute(text("select mae from flex.trained_model")).scalars().all()
    assert scores == [0.5] * 5
    assert expire_models(warehouse, THINNED, TODAY) == 0


def test_an_old_model_that_no_challenger_has_beaten_keeps_its_document(warehouse: Engine) -> None:
    champion = date(2026, 1, 6)
    train(warehouse, date(2025, 12, 2), champion)
    train(warehouse, date(2026, 4, 7), date(2026, 10, 6), champion=champion)

    assert expire_models(warehouse, THINNED, TODAY) == 1
    assert whole_models(warehouse) == [champion]


def test_the_only_model_of_a_sensor_keeps_its_document_however_old_it_is(warehouse: Engine) -> None:
    train(warehouse, date(2025, 1, 7))
    train(warehouse, date(2025, 2, 4), date(2026, 4, 7), sensor="price")

    assert expire_models(warehouse, THINNED, TODAY) == 1
    assert whole_models(warehouse) == [date(2025, 1, 7), date(2026, 4, 7)]


def test_a_training_by_newer_code_takes_the_place_of_those_before_it(warehouse: Engine) -> None:
    train(warehouse, date(2026, 3, 3), code="1.0")
    train(warehouse, date(2026, 4, 7), code="1.1")

    assert expire_models(warehouse, THINNED, TODAY) == 1
    assert whole_models(warehouse) == [date(2026, 4, 7)]


@pytest.mark.parametrize(("forecast", "kept"), [(date(2026, 5, 1), True), (date(2026, 4, 30), False)])
def test_a_model_that_a_kept_date_was_forecast_with_keeps_its_document(
    warehouse: Engine, forecast: date, kept: bool
) -> None:
    used = date(2026, 3, 3)
    train(warehouse, used, date(2026, 4, 7))
    with warehouse.begin() as session:
        session.execute(text("insert into flex.source (name, type) values ('m', 'forecaster')"))
        session.execute(
            text("""
                insert into flex.forecast_run
                    (sensor_id, date, planning_time, input_hash, source_id, ladder_step, reason, belief_time, model_id)
                select m.sensor_id, :date, :at, 'x', o.source_id, 's', 'r', :at, m.model_id
                from flex.trained_model as m, flex.source as o
                where m.trained_as_of = :trained and o.type = 'forecaster'
            """),
            {"date": forecast, "at": noon(forecast), "trained": noon(used)},
        )

    expire_models(warehouse, THINNED, TODAY)

    assert whole_models(warehouse) == ([used] if kept else []) + [date(2026, 4, 7)]


@pytest.mark.parametrize(
    ("retention", "left"),
    [
        (Retention(), 2),
        (Retention.model_validate({"beliefs": "6 months"}), 1),
        (Retention.model_validate({"beliefs": "12 months"}), 2),
        (Retention.model_validate({"superseded": "6 months", "beliefs": "12 months"}), 1),
    ],
)
def test_models_are_forgotten_by_the_months_of_what_is_superseded_else_of_all(
    warehouse: Engine, retention: Retention, left: int
) -> None:
    train(warehouse, date(2026, 3, 3), date(2026, 4, 7))

    expire_models(warehouse, retention, TODAY)

    assert len(whole_models(warehouse)) == left
