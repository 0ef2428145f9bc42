"""When the warehouse came to hold what it holds: who read it earlier has not seen it.

A time alone does not tell: of two transactions the one that began to store first may end last. So those who store
share a lock until they are done, and who wants to read waits for them once. What is recorded by the time given then
can be read, and all else gets a later time.
"""

from __future__ import annotations

from datetime import UTC, datetime

from sqlalchemy import Connection as Session
from sqlalchemy import Engine, text

# any number, but the same in every process
RECORDING_LOCK = 7_307
CLOCK = text("select clock_timestamp()")

EVER = datetime(9999, 1, 1, tzinfo=UTC)


def recording_time(session: Session) -> datetime:
    """The time under which this transaction stores: after all that readers were given, by the warehouse's clock."""
    session.execute(text("select pg_advisory_xact_lock_shared(:lock)"), {"lock": RECORDING_LOCK})
    at: datetime = session.execute(CLOCK).scalar_one()
    return at


def reading_time(engine: Engine) -> datetime:
    """A time of the warehouse's clock by which all that will ever be recorded is there to be read."""
    with engine.begin() as session:
        session.execute(text("select pg_advisory_xact_lock(:lock)"), {"lock": RECORDING_LOCK})
        at: datetime = session.execute(CLOCK).scalar_one()
    return at
