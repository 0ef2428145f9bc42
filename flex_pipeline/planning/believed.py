"""What was believed of sensors and their regressors at a time: what forecasts and models are made from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import cached_property

import polars as pl
from sqlalchemy import Connection as Session

from flex_pipeline.planning.regressors import MOST_DAYS_AGO, as_seen
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.warehouse.as_of import read_every_belief, read_histories


@dataclass(frozen=True)
class Believed:
    """What was believed at a time about a sensor and its regressors.

    `history`: event_start, value. `beliefs` of the regressors: sensor, event_start, belief_time, value.
    """

    sensor: Sensor
    others: Mapping[str, Sensor]
    as_of: datetime
    recorded_by: datetime  # by the warehouse's clock
    since: datetime
    end: datetime
    history: pl.DataFrame
    beliefs: pl.DataFrame

    @cached_property
    def published(self) -> pl.DataFrame | None:
        """The regressors as each origin saw them."""
        return as_seen(
            self.sensor, self.others, self.beliefs, origin=self.as_of, since=self.since, end=self.end
        )

    @cached_property
    def data_hash(self) -> str:
        """Equal for equal values."""
        digest = hashlib.sha256()
        for frame in (self.history, self.beliefs):
            for column in frame:
                plain = column.to_physical() if column.dtype.is_temporal() else column
                given = "\n".join(plain).encode() if plain.dtype == pl.String else plain.to_numpy().tobytes()
                digest.update(given)
        return digest.hexdigest()


def read_believed(
    session: Session,
    wanted: Iterable[Sensor],
    sensors: Mapping[str, Sensor],
    *,
    as_of: datetime,
    reach: Mapping[str, timedelta],
    end: datetime,
    recorded_by: datetime,
) -> dict[str, Believed]:
    """What was believed of some sensors for the steps from `reach` before a time until `end`, by name.

    What the warehouse recorded after `recorded_by` is left out. One query for them, and one for their regressors.
    """
    wanted = list(wanted)
    others = {sensor.name: {name: sensors[name] for name in sensor.regressors.names} for sensor in wanted}
    since = {sensor.name: as_of - reach[sensor.name] for sensor in wanted}
    since_of_others: dict[str, datetime] = {}
    for sensor in wanted:
        for name in others[sensor.name]:
            first = since[sensor.name] - timedelta(days=MOST_DAYS_AGO)
            since_of_others[name] = min(first, since_of_others.get(name, first))
    histories = _by_sensor(read_histories(session, since, end, as_of, recorded_by), since)
    beliefs = _by_sensor(
        read_every_belief(session, since_of_others, end, as_of, recorded_by), since_of_others
    )
    nothing = read_every_belief(session, {}, end, as_of)
    return {
        sensor.name: Believed(
            sensor,
            others[sensor.name],
            as_of,
            recorded_by,
            since[sensor.name],
            end,
            histories[sensor.name].drop("sensor"),
            pl.concat([nothing, *(beliefs[name] for name in others[sensor.name])]),
        )
        for sensor in wanted
    }


def _by_sensor(frame: pl.DataFrame, names: Iterable[str]) -> dict[str, pl.DataFrame]:
    parts = frame.partition_by("sensor", as_dict=True)
    return {name: parts.get((name,), frame.clear()) for name in names}
