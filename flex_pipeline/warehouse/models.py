"""Trained models, each with where it comes from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime

from sqlalchemy import Connection as Session
from sqlalchemy import text

IN_FORCE = text("""
    select
        t.trained_as_of as asked_as_of, t.occasion as asked_occasion, t.data_hash as asked_data_hash,
        t.decision as asked_decision,
        m.model_id, n.name as sensor, m.trained_as_of, m.sensor_hash, m.code_version, m.data_hash, m.read_at,
        m.name, m.ladder_step, m.reason, m.mae, m.mae_naive, m.pinball, m.coverage, m.document, m.digest
    from unnest(cast(:sensors as text[]), cast(:hashes as text[])) as w (name, sensor_hash)
    join flex.sensor as n using (name)
    cross join lateral (
        select * from flex.trained_model as t
        where t.sensor_id = n.sensor_id and t.trained_as_of <= :as_of
            and t.sensor_hash = w.sensor_hash and t.code_version = :code_version
        order by t.trained_as_of desc, t.model_id desc limit 1
    ) as t
    join flex.trained_model as m on m.model_id = coalesce(t.champion_id, t.model_id)
""")
STORE = text("""
    insert into flex.trained_model (
        sensor_id, trained_as_of, occasion, sensor_hash, code_version, data_hash, read_at, window_start, window_end,
        readings, name, ladder_step, reason, mae, mae_naive, pinball, coverage, cpu_s, champion_id, decision,
        document, digest, stored_at
    )
    select
        n.sensor_id, :trained_as_of, :occasion, :sensor_hash, :code_version, :data_hash, :read_at, :window_start,
        :window_end, :readings, :name, :ladder_step, :reason, :mae, :mae_naive, :pinball, :coverage, :cpu_s,
        :champion_id, :decision, :document, :digest, :stored_at
    from flex.sensor as n where n.name = :sensor
""")


@dataclass(frozen=True)
class Origins:
    """What a model comes from: by these it is known."""

    sensor: str
    trained_as_of: datetime
    sensor_hash: str
    code_version: str
    data_hash: str
    read_at: datetime = field(compare=False)  # by the warehouse's clock

    def digest(self, document: bytes) -> str:
        """Of a document of this model: no other document has it, nor this one under another name."""
        told = "\n".join(
            (
                self.sensor,
                self.trained_as_of.astimezone(UTC).isoformat(),
                self.sensor_hash,
                self.code_version,
                self.data_hash,
            )
        )
        return hashlib.sha256(told.encode() + b"\n" + document).hexdigest()


@dataclass(frozen=True)
class HeldOut:
    """Scores on held-out days, in the unit of the sensor; None where there were none."""

    mae: float | None
    mae_naive: float | None
    pinball: float | None
    coverage: float | None


@dataclass(frozen=True)
class Trained:
    """A training. Without a document, the model `champion_id` stayed in use; `decision` says why."""

    origins: Origins
    occasion: str
    window_start: datetime
    window_end: datetime
    readings: int
    name: str
    ladder_step: str
    reason: str
    scores: HeldOut
    cpu_s: float
    champion_id: int | None
    decision: str
    document: bytes | None


@dataclass(frozen=True)
class Asked:
    """The newest training by a time, whether its model was used or not."""

    trained_as_of: datetime
    occasion: str
    data_hash: str
    decision: str


@dataclass(frozen=True)
class ModelInForce:
    """The model of a sensor that is used, and the training that decided so."""

    model_id: int
    origins: Origins
    name: str
    ladder_step: str
    reason: str
    scores: HeldOut
    document: bytes
    digest: str
    asked: Asked

    @property
    def is_whole(self) -> bool:
        """Whether the document is the one that was stored."""
        return self.digest == self.origins.digest(self.document)


def read_models(
    session: Session, sensor_hashes: Mapping[str, str], code_version: str, as_of: datetime
) -> dict[str, ModelInForce]:
    """The models of sensors that are in force at a time, trained by this code; those that have none lack."""
    asked = {"sensors": list(sensor_hashes), "hashes": list(sensor_hashes.values())}
    found = session.execute(IN_FORCE, asked | {"code_version": code_version, "as_of": as_of})
    return {
        row.sensor: ModelInForce(
            row.model_id,
            Origins(
                row.sensor, row.trained_as_of, row.sensor_hash, row.code_version, row.data_hash, row.read_at
            ),
            row.name,
            row.ladder_step,
            row.reason,
            HeldOut(row.mae, row.mae_naive, row.pinball, row.coverage),
            bytes(row.document),
            row.digest,
            Asked(row.asked_as_of, row.asked_occasion, row.asked_data_hash, row.asked_decision),
        )
        for row in found
        if row.document is not None
    }


def store_models(session: Session, trained: Iterable[Trained], now: datetime) -> None:
    """Add trainings; those there are stay."""
    rows = [_row(each) | {"stored_at": now} for each in trained]
    if rows:
        session.execute(STORE, rows)


def _row(trained: Trained) -> dict[str, object]:
    document = trained.document
    given = {name: value for name, value in vars(trained).items() if name not in ("origins", "scores")}
    digest = None if document is None else trained.origins.digest(document)
    return given | asdict(trained.origins) | asdict(trained.scores) | {"digest": digest}


def read_origins(session: Session, model_id: int) -> Origins:
    """What a model comes from."""
    row = session.execute(
        text("""
            select n.name as sensor, m.trained_as_of, m.sensor_hash, m.code_version, m.data_hash, m.read_at
            from flex.trained_model as m join flex.sensor as n using (sensor_id)
            where m.model_id = :model_id
        """),
        {"model_id": model_id},
    ).one()
    return Origins(**row._mapping)
