"""Runs of the pipeline, and when each asset was last made, as the orchestrator has them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass, fields
from datetime import date, datetime

from sqlalchemy import Connection as Session
from sqlalchemy import text


@dataclass(frozen=True)
class PipelineRun:
    """One run. `first_date`, `last_date`: the local days it is about, both None where it is about none."""

    dagster_run_id: str
    stage: str  # what it does, else the name of its job
    status: str
    created_at: datetime
    updated_at: datetime
    partitions: int = 0
    first_date: date | None = None
    last_date: date | None = None
    started_at: datetime | None = None
    ended_at: datetime | None = None
    failure: str | None = None


@dataclass(frozen=True)
class AssetSuccess:
    """When an asset was last made, and of which partition."""

    asset: str
    succeeded_at: datetime
    partition: str | None


def newest_update(session: Session) -> datetime | None:
    """Until when runs have been noted; None where none has."""
    found: datetime | None = session.execute(text("select max(updated_at) from flex.pipeline_run")).scalar()
    return found


def store_runs(session: Session, runs: Sequence[PipelineRun]) -> None:
    """Store runs in the place of what was noted of them before."""
    _upsert(session, "flex.pipeline_run", "dagster_run_id", PipelineRun, runs)


def store_successes(session: Session, successes: Sequence[AssetSuccess]) -> None:
    """Store when assets were last made."""
    _upsert(session, "flex.asset_success", "asset", AssetSuccess, successes)


def _upsert(
    session: Session,
    table: str,
    key: str,
    kind: type[PipelineRun | AssetSuccess],
    rows: Sequence[PipelineRun | AssetSuccess],
) -> None:
    if not rows:
        return
    names = [field.name for field in fields(kind)]
    renewed = ", ".join(f"{name} = excluded.{name}" for name in names if name != key)
    session.execute(
        text(
            f"insert into {table} ({', '.join(names)}) values ({', '.join(f':{name}' for name in names)})"
            f" on conflict ({key}) do update set {renewed}"
        ),
        [asdict(row) for row in rows],
    )
