"""Running the command as a user does, in a state folder of its own."""

from __future__ import annotations

import os
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from flex_pipeline.warehouse import embedded


@dataclass(frozen=True)
class Pipeline:
    """One installation: its embedded server and Dagster instance live in `home`."""

    home: Path

    def command(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        """What `flex-pipeline ARGUMENTS` prints and how it ends."""
        environment = {k: v for k, v in os.environ.items() if not k.startswith(("FLEX_", "DAGSTER_"))}
        return subprocess.run(
            [sys.executable, "-m", "flex_pipeline.cli", *arguments],
            capture_output=True,
            text=True,
            timeout=280,
            env=environment | {"FLEX_HOME": str(self.home), "OMP_NUM_THREADS": "1"},
            cwd=Path(__file__).parents[1],
        )

    def sql(self, query: str) -> list[tuple[Any, ...]]:
        """The rows of a query on the warehouse."""
        with psycopg.connect(embedded.start(self.home / "postgres").url) as session:
            return session.execute(query.encode()).fetchall()

    def stop(self) -> None:
        """Stop the server."""
        embedded.stop(self.home / "postgres")
