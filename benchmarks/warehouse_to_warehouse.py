"""A day of many sites, from what the warehouse believes to plans in the warehouse, against the solver time alone.

    python -m benchmarks.warehouse_to_warehouse --sites 334

Each site has a battery, a car and a boiler over a day and its look-ahead, in quarter-hours. Everything runs on an
embedded server that is thrown away. The split is of one process, the clock of each part stopped around it; then
the same day is planned again, on as many processes as the machine has cores, and confirmed.
"""

from __future__ import annotations

import argparse
import tempfile
from collections import Counter, defaultdict
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import UTC, date, datetime
from pathlib import Path
from time import perf_counter
from typing import ParamSpec, TypeVar
from unittest.mock import patch

from sqlalchemy import Engine, text

from benchmarks.portfolio import DEVICES_PER_SITE, store_beliefs, write_portfolio
from flex_pipeline.planning import plan_rows, planner
from flex_pipeline.planning.planner import Planner
from flex_pipeline.scheduling.batch import Solvers
from flex_pipeline.warehouse import embedded, server_account
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine, migrate
from flex_pipeline.warehouse.portfolios import version_in_force

DAY = date(2026, 6, 10)
NOW = datetime(2026, 6, 10, tzinfo=UTC)
# where a planner looks each part up
PARTS: dict[str, list[tuple[object, str]]] = {
    "read": [(planner, "read_known"), (planner, "stored_inputs")],
    "build": [(planner, "with_problem"), (plan_rows, "read_problem")],
    "solve": [(plan_rows, "solve")],
    "baseline": [(plan_rows, "baseline")],
    "write": [(Planner, "_put_in_force")],
}

P = ParamSpec("P")
R = TypeVar("R")


def timed(part: str, function: Callable[P, R], seconds: dict[str, float]) -> Callable[P, R]:
    """The function, its seconds added to those of a part."""

    def call(*arguments: P.args, **named: P.kwargs) -> R:
        began = perf_counter()
        try:
            return function(*arguments, **named)
        finally:
            seconds[part] += perf_counter() - began

    return call


@contextmanager
def split() -> Iterator[dict[str, float]]:
    """The seconds of each part of what is planned in this process meanwhile."""
    seconds: dict[str, float] = defaultdict(float)
    patches = [
        patch.object(owner, name, timed(part, getattr(owner, name), seconds))
        for part, names in PARTS.items()
        for owner, name in names
    ]
    for each in patches:
        each.start()
    try:
        yield seconds
    finally:
        for each in patches:
            each.stop()


@contextmanager
def server() -> Iterator[Connection]:
    """A new warehouse on a server of its own."""
    with tempfile.TemporaryDirectory(prefix="flex-benchmark-") as name:
        folder = Path(name)
        folder.chmod(0o755)
        server_account.SHARED_FOLDER = folder / "shared"
        connection = embedded.start(folder / "server" / "postgres")
        try:
            migrate(connection)
            yield connection
        finally:
            engine(connection).dispose()
            embedded.stop(folder / "server" / "postgres")


@contextmanager
def warehouse() -> Iterator[Engine]:
    """The same, to talk to."""
    with server() as connection:
        yield engine(connection)


def plan(each: Planner, sites: int) -> float:
    """Plan the day of all sites; the seconds it takes."""
    began = perf_counter()
    planned = Counter(o.how for o in each.plan_all([s.site_id for s in each.portfolio.sites], DAY, NOW))
    seconds = perf_counter() - began
    print(f"  {', '.join(f'{n} {how}' for how, n in planned.items())} of {sites} sites: {seconds:8.2f} s")
    return seconds


def forget(warehouse: Engine) -> None:
    """No plan was ever made."""
    with warehouse.begin() as session:
        session.execute(text("delete from flex.schedule_run"))


def measure(warehouse: Engine, folder: Path, sites: int, look_ahead_hours: int) -> None:
    """Print the split, the ratio to the solver's time, and what worker processes and a second run take."""
    portfolio = write_portfolio(folder, sites, look_ahead_hours)
    rows = store_beliefs(warehouse, portfolio, DAY)
    with warehouse.begin() as session:
        session.execute(text("analyze"))  # as the server does by itself after a minute
        version = version_in_force(session, portfolio)
    print(f"{sites} sites, {sites * DEVICES_PER_SITE} device-days, {rows:,} beliefs")
    print("one process")
    with split() as seconds, Solvers(1) as solvers:
        total = plan(Planner(warehouse, portfolio, version, solvers), sites)
    seconds["rest"] = total - sum(seconds.values())
    for part, spent in seconds.items():
        print(f"    {part:10} {spent:8.2f} s  {spent / sites * 1e3:7.2f} ms a site")
    print(f"  {total / seconds['solve']:.2f} times the solver time alone; at most 3")
    forget(warehouse)
    with Solvers() as solvers:
        print(f"{solvers.processes} processes")
        plan(Planner(warehouse, portfolio, version, solvers), sites)
        print("the same inputs again")
        plan(Planner(warehouse, portfolio, version, solvers), sites)


def main() -> None:
    """What the command line asks for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--sites", type=int, default=334)
    parser.add_argument("--look-ahead-hours", type=int, default=24)
    given = parser.parse_args()
    with warehouse() as engine, tempfile.TemporaryDirectory() as folder:
        measure(engine, Path(folder), given.sites, given.look_ahead_hours)


if __name__ == "__main__":
    main()
