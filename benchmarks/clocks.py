"""What is spent in this process and in a server, by the clock and of CPU."""

from __future__ import annotations

import os
from dataclasses import dataclass
from pathlib import Path
from time import perf_counter, process_time

from sqlalchemy import text

from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine


@dataclass(frozen=True)
class Spent:
    """Seconds by the clock, and of CPU in this process and in the server."""

    wall_s: float
    ours_s: float
    server_s: float

    @property
    def cpu_s(self) -> float:
        """Of all processes."""
        return self.ours_s + self.server_s

    def __str__(self) -> str:
        return (
            f"{self.wall_s:.1f} s, {self.cpu_s:.1f} s of CPU: "
            f"{self.ours_s:.1f} s in dbt, {self.server_s:.1f} s in the server"
        )


class Clocks:
    """What was spent since they were started."""

    def __init__(self, connection: Connection) -> None:
        with engine(connection).connect() as session:
            backend: int = session.execute(text("select pg_backend_pid()")).scalar_one()
        self.postmaster = _parent_and_cpu_s(backend)[0]
        self.began = self._now()

    def _now(self) -> tuple[float, float, float]:
        processes = [_parent_and_cpu_s(int(each.name)) for each in Path("/proc").glob("[0-9]*")]
        living_s = sum(cpu_s for parent, cpu_s in processes if parent == self.postmaster)
        return perf_counter(), process_time(), _parent_and_cpu_s(self.postmaster)[1] + living_s

    def read(self) -> Spent:
        """Seconds since the start."""
        return Spent(*(now - began for now, began in zip(self._now(), self.began, strict=True)))


def _parent_and_cpu_s(process: int) -> tuple[int, float]:
    """The parent of a process, and the CPU that it and its ended children took; none of one that has just ended."""
    try:
        stat = Path(f"/proc/{process}/stat").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return 0, 0.0
    # after the name, which may hold anything: proc_pid_stat(5), fields 4 and 14 to 17
    fields = stat.rpartition(")")[2].split()
    return int(fields[1]), sum(map(int, fields[11:15])) / os.sysconf("SC_CLK_TCK")
