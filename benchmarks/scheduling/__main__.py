"""How fast schedules are found, as ratios of one run: `python -m benchmarks.scheduling --help`.

A benchmark is not a test: the exit status is 0 whether the bars are reached or not.
"""

from __future__ import annotations

import argparse
from collections.abc import Sequence
from contextlib import nullcontext
from pathlib import Path

from benchmarks.scheduling.benchmark import (
    BARS_COLUMNS,
    COLD_COLUMNS,
    DAYS_COLUMNS,
    GROWTH_COLUMNS,
    JOINT_COLUMNS,
    Benchmark,
)
from benchmarks.scheduling.days import RESOLUTION_MINUTES
from benchmarks.scheduling.partner import partner
from benchmarks.scheduling.report import show, versions

PARTS = ("cold", "growth", "days", "joint")


def main(arguments: Sequence[str] | None = None) -> None:
    """Measure, and print."""
    options = _options(arguments)
    with partner(options.flexmeasures) if options.flexmeasures else nullcontext() as flexmeasures:
        benchmark = Benchmark(
            options.steps or ([96] if options.quick else [96, 192, 288, 672]),
            options.devices or ([1, 3, 10] if options.quick else [1, 3, 10, 50]),
            [100, 1_000] if options.quick else [100, 1_000, 10_000],
            options.seconds,
            flexmeasures,
        )
        print(versions(flexmeasures.version if flexmeasures else None))
        # first: on Linux, the peak memory of a process begins with that of the process that started it
        if "cold" in options.only:
            show("Cold: CPU time of the first solves of fresh processes", COLD_COLUMNS, benchmark.cold())
        if "growth" in options.only:
            show("Growth: one battery, 96 steps", GROWTH_COLUMNS, benchmark.growth())
        if "days" in options.only:
            show("Days: CPU time, median of all turns", DAYS_COLUMNS, benchmark.days())
        if "joint" in options.only:
            show("Joint: six processes and three storages, 96 steps", JOINT_COLUMNS, benchmark.joint())
        show("Bars", BARS_COLUMNS, (bar.row for bar in benchmark.bars()))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scheduling", description=__doc__)
    parser.add_argument("--quick", action="store_true", help="one day of 96 steps, up to 10 devices")
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to run")
    parser.add_argument(
        "--steps", nargs="+", type=int, choices=list(RESOLUTION_MINUTES), help="lengths of a day"
    )
    parser.add_argument("--devices", nargs="+", type=int, help="numbers of devices")
    parser.add_argument("--seconds", type=float, default=3.0, help="CPU time for each size (%(default)s)")
    parser.add_argument(
        "--flexmeasures",
        type=Path,
        metavar="PYTHON",
        help="the Python of an environment that has FlexMeasures",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
