"""How fast schedules are found, as ratios of one run: `python -m benchmarks.scheduling --help`.

A benchmark is not a test: the exit status is 0 whether the bars are reached or not.
"""

from __future__ import annotations

import argparse
from collections.abc import Iterator, Mapping, Sequence
from contextlib import nullcontext
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks.scheduling.contenders import (
    Contender,
    bare_highs,
    ours,
    plain_pyomo,
    plain_pyomo_directed,
)
from benchmarks.scheduling.days import RESOLUTION_MINUTES, Day, Kind
from benchmarks.scheduling.growth import Growth, cold, grow
from benchmarks.scheduling.partner import Partner, partner
from benchmarks.scheduling.race import Standing, race
from benchmarks.scheduling.report import Bar, show, versions

PARTS = ("days", "cold", "growth")
DISTINCT_DAYS, IN_A_ROW = 10, 5
LARGE = 1000  # device-steps; from there on, days go one by one, and would take FlexMeasures minutes
# devices at most, at 96 steps only: what is dear is the same at any length
UNUSUAL: Mapping[Kind, int] = {"peaks": 10, "negative": 3}

HIGHS, OURS, PYOMO, FLEXMEASURES = "HiGHS", "ours", "Pyomo", "FlexMeasures"
DAYS_COLUMNS = (
    "day     ", "steps", "devices", "turns", "HiGHS ms", "ours ms", "ours/HiGHS", "Pyomo/ours", "FlexMeasures/ours",
    "costs agree to",
)  # fmt: skip
COLD_COLUMNS = ("steps", "devices", "first ms", "second ms")
GROWTH_COLUMNS = (
    "device-days",
    "processes",
    "CPU ms per device-day",
    "device-days per second",
    "largest process MiB",
)
BARS_COLUMNS = (f"{'what':75}", "measured", "    bar", "    ")


@dataclass
class Benchmark:
    """What is run, and what has been measured so far."""

    steps: Sequence[int]
    devices: Sequence[int]
    device_days: Sequence[int]
    seconds: float
    partner: Partner | None
    standings: dict[Day, Standing] = field(default_factory=dict)
    growths: dict[tuple[int, int], Growth] = field(default_factory=dict)

    def days(self) -> Iterator[tuple[str, ...]]:
        """All races."""
        sizes = [Day(steps, devices) for steps in self.steps for devices in self.devices]
        unusual = [
            Day(size.steps, size.devices, kind)
            for kind, most in UNUSUAL.items()
            for size in sizes
            if size.steps == min(self.steps) and size.devices <= most
        ]
        for day in sizes + unusual:
            yield self._race(day)

    def cold(self) -> Iterator[tuple[str, ...]]:
        """The first solves of a fresh process."""
        for steps in self.steps:
            for devices in (n for n in self.devices if n <= 10):
                found = cold(steps, devices)
                yield str(steps), str(devices), f"{found.first_ms:.0f}", f"{found.second_ms:.1f}"

    def growth(self) -> Iterator[tuple[str, ...]]:
        """More and more device-days."""
        for processes in (1, 2):
            for device_days in self.device_days:
                found = self.growths[device_days, processes] = grow(device_days, processes)
                yield (
                    f"{device_days:,}",
                    str(processes),
                    f"{found.cpu_ms:.2f}",
                    f"{found.days_per_second:.0f}",
                    f"{found.peak_mib:.0f}",
                )

    def bars(self) -> Iterator[Bar]:
        """Those that what was measured has something to say to."""
        one = self.standings.get(Day(96, 1))
        if one is not None:
            yield Bar("a storage device-day of 96 steps, ours to bare HiGHS", one.ratio(OURS, HIGHS), 1.0)
            yield Bar(
                "the same, plain Pyomo + appsi_highs to ours", one.ratio(PYOMO, OURS), 15.0, at_least=True
            )
        for devices in (3, 10):
            site = self.standings.get(Day(96, devices))
            if site is not None:
                yield Bar(
                    f"a site of {devices} devices, 96 steps, ours to bare HiGHS", site.ratio(OURS, HIGHS), 1.2
                )
        for processes in (1, 2):
            few, many = (self.growths.get((n, processes)) for n in (1_000, 10_000))
            if few is not None and many is not None:
                what = f"per device-day at 10,000 to that at 1,000, {processes} process" + "es" * (
                    processes > 1
                )
                yield Bar(f"CPU time {what}", many.cpu_ms / few.cpu_ms, 1.1)
                yield Bar(f"largest process {what.partition(' at ')[2]}", many.peak_mib / few.peak_mib, 1.1)

    def _race(self, day: Day) -> tuple[str, ...]:
        problems = [Day(day.steps, day.devices, day.kind, seed).problem() for seed in range(DISTINCT_DAYS)]
        standing = self.standings[day] = race(
            problems, self._contenders(day), self.seconds, 1 if _is_large(day) else IN_A_ROW
        )
        # what HiGHS finds on negative days is a bound, not a plan
        exact = [name for name in standing.turns[0] if name != HIGHS or day.kind != "negative"]
        return (
            day.kind,
            str(day.steps),
            str(day.devices),
            str(len(standing.turns)),
            f"{standing.milliseconds(HIGHS):.2f}",
            f"{standing.milliseconds(OURS):.2f}",
            f"{standing.ratio(OURS, HIGHS):.2f}",
            f"{standing.ratio(PYOMO, OURS):.1f}",
            f"{standing.ratio(FLEXMEASURES, OURS):.1f}" if FLEXMEASURES in standing else "",
            f"{standing.apart(exact):.0e}",
        )

    def _contenders(self, day: Day) -> Mapping[str, Contender]:
        pyomo = plain_pyomo_directed if day.kind == "negative" else plain_pyomo
        contenders = {HIGHS: bare_highs, OURS: ours, PYOMO: pyomo}
        if self.partner is not None and not _is_large(day):
            contenders[FLEXMEASURES] = self.partner.contend
        return contenders


def _is_large(day: Day) -> bool:
    return day.steps * day.devices >= LARGE


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
        if "days" in options.only:
            show("Days: CPU time, median of all turns", DAYS_COLUMNS, benchmark.days())
        if "cold" in options.only:
            show("Cold: CPU time of the first solves of a process", COLD_COLUMNS, benchmark.cold())
        if "growth" in options.only:
            show("Growth: one battery, 96 steps", GROWTH_COLUMNS, benchmark.growth())
        show("Bars", BARS_COLUMNS, (bar.row for bar in benchmark.bars()))


def _options(arguments: Sequence[str] | None) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m benchmarks.scheduling", description=__doc__)
    parser.add_argument(
        "--quick", action="store_true", help="one day of 96 steps, up to 10 devices; 3 minutes"
    )
    parser.add_argument("--only", nargs="+", choices=PARTS, default=PARTS, help="parts to run")
    parser.add_argument(
        "--steps", nargs="+", type=int, choices=list(RESOLUTION_MINUTES), help="lengths of a day"
    )
    parser.add_argument("--devices", nargs="+", type=int, help="numbers of devices")
    parser.add_argument("--seconds", type=float, default=5.0, help="time for each size (%(default)s)")
    parser.add_argument(
        "--flexmeasures",
        type=Path,
        metavar="PYTHON",
        help="the Python of an environment that has FlexMeasures",
    )
    return parser.parse_args(arguments)


if __name__ == "__main__":
    main()
