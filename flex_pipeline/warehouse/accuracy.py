"""Forecasts as they were made, and how far they were from what was measured."""

from __future__ import annotations

from collections.abc import Collection
from datetime import date, datetime
from typing import Any, Literal

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.database import copy_frame

Evaluation = Literal["live", "backtest"]

COLUMNS = (
    "sensor_id, date, evaluation, model, lead_hours, hour, ladder_step, n, mae, bias, pinball, coverage, mae_naive, "
    "computed_at"
)
UTC_TIME = pl.Datetime("us", "UTC")


def read_forecasts(
    session: Session, sensors: Collection[str], start: datetime, end: datetime
) -> pl.DataFrame:
    """All that was forecast ahead for the steps in [start, end), by the time at which it was.

    Columns sensor, origin, model, ladder_step, event_start, quantile, value; one row a quantile. The step of the
    ladder is "" where no forecast run tells it any more.
    """
    found = session.execute(
        text("""
            with run as (
                select distinct sensor_id, planning_time, source_id, ladder_step from flex.forecast_run
            )
            select
                n.name as sensor, b.belief_time as origin, o.name as model, coalesce(r.ladder_step, '') as ladder_step,
                b.event_start, b.quantile, b.value
            from flex.belief as b
            join flex.sensor as n using (sensor_id)
            join flex.source as o using (source_id)
            left join run as r
                on r.sensor_id = b.sensor_id and r.planning_time = b.belief_time and r.source_id = b.source_id
            where n.name = any(:sensors) and o.type = 'forecaster'
                and b.event_start >= :start and b.event_start < :end and b.belief_time < b.event_start
            order by n.name, b.belief_time, o.name, b.event_start, b.quantile
        """),
        {"sensors": list(sensors), "start": start, "end": end},
    )
    schema: dict[str, Any] = {
        "sensor": pl.String,
        "origin": UTC_TIME,
        "model": pl.String,
        "ladder_step": pl.String,
        "event_start": UTC_TIME,
        "quantile": pl.Float64,
        "value": pl.Float64,
    }
    return pl.DataFrame(found.all(), schema=schema, orient="row")


def replace_accuracy(
    session: Session,
    rows: pl.DataFrame,
    evaluation: Evaluation,
    sensors: Collection[str],
    days: tuple[date, date],
    now: datetime,
) -> int:
    """Put rows in the place of all that one evaluation has of some sensors from the first to the last of `days`.

    `rows`: sensor, and the columns of flex.forecast_accuracy from `date` on. Gives the rows stored.
    """
    first, last = days
    found = session.execute(
        text("select name, sensor_id from flex.sensor where name = any(:sensors)"), {"sensors": list(sensors)}
    )
    ids = {row.name: row.sensor_id for row in found}
    session.execute(
        text("""
            delete from flex.forecast_accuracy
            where sensor_id = any(:ids) and evaluation = :evaluation and date between :first and :last
        """),
        {"ids": list(ids.values()), "evaluation": evaluation, "first": first, "last": last},
    )
    if rows.height:
        stored = rows.with_columns(
            sensor_id=pl.col("sensor").replace_strict(ids, return_dtype=pl.Int32),
            evaluation=pl.lit(evaluation),
            computed_at=pl.lit(now),
        ).select(COLUMNS.split(", "))
        copy_frame(
            session, "flex.forecast_accuracy", COLUMNS, stored.write_csv(include_header=False).encode()
        )
    return rows.height


def read_accuracy(
    session: Session, evaluation: Evaluation, first: date, last: date, sensors: Collection[str] | None = None
) -> pl.DataFrame:
    """What is stored of the days from `first` to `last`, of all sensors or some: sensor, and the columns after it."""
    names = [name for name in COLUMNS.split(", ")[1:-1] if name != "evaluation"]
    found = session.execute(
        text(f"""
            select n.name as sensor, {", ".join(f"a.{name}" for name in names)}
            from flex.forecast_accuracy as a join flex.sensor as n using (sensor_id)
            where a.evaluation = :evaluation and a.date between :first and :last
                and (cast(:sensors as text[]) is null or n.name = any(:sensors))
            order by {", ".join(str(place) for place in range(1, 6))}
        """),
        {
            "evaluation": evaluation,
            "first": first,
            "last": last,
            "sensors": None if sensors is None else list(sensors),
        },
    )
    texts = dict.fromkeys(("sensor", "model", "ladder_step"), pl.String)
    numbers = dict.fromkeys(("mae", "bias", "pinball", "coverage", "mae_naive"), pl.Float64)
    types: dict[str, Any] = {"date": pl.Date, **texts, **numbers}
    schema = {name: types.get(name, pl.Int64) for name in ("sensor", *names)}
    return pl.DataFrame(found.all(), schema=schema, orient="row")
