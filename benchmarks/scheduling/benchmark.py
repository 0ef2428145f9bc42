"""What is run, and what of it is shown."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field

from benchmarks.scheduling.contenders import (
    Contender,
    bare_highs,
    ours,
    plain_pyomo,
    plain_pyomo_directed,
)
from benchmarks.scheduling.days import Day, Kind
from benchmarks.scheduling.growth import Growth, cold, grow
from benchmarks.scheduling.joint import GAP_SHARE, WITHIN_S, Joint, plan_jointly
from benchmarks.scheduling.partner import Partner
from benchmarks.scheduling.race import Standing, race
from benchmarks.scheduling.report import Bar

DISTINCT_DAYS, IN_A_ROW = 10, 5
LARGE = 1000  # device-steps; from there on, days go one by one, and would take FlexMeasures minutes
# how many devices at most; raced at the shortest length only
UNUSUAL: Mapping[Kind, int] = {"peaks": 10, "negative": 3}
PROCESSES = (1, 2)
JOINT_DAYS = 8  # of each kind
NO_MORE = 1.1  # 1, and noise

HIGHS, OURS, PYOMO, FLEXMEASURES = "HiGHS", "ours", "Pyomo", "FlexMeasures"
DAYS_COLUMNS = (
    "day     ", "steps", "devices", "turns", "HiGHS ms", "ours ms", "ours/HiGHS", "Pyomo/ours", "FlexMeasures/ours",
    "costs agree to",
)  # fmt: skip
COLD_COLUMNS = ("steps", "devices", "compiling ms", "templates on disk ms", "next ms")
GROWTH_COLUMNS = (
    "device-days",
    "processes",
    "CPU ms per device-day",
    "device-days per second",
    "largest process MiB",
)
JOINT_COLUMNS = (
    "day     ",
    "seed",
    "seconds",
    "CPU s",
    "cost    ",
    "certified gap",
    "of the cost",
    "of the turnover",
    "status  ",
    "binaries",
)
BARS_COLUMNS = (f"{'what':70}", "measured", "      bar", "    ")


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
    joints: dict[Kind, list[Joint]] = field(default_factory=dict)

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
        """The first solves of fresh processes."""
        for steps in self.steps:
            for devices in (n for n in self.devices if n <= 10):
                found = cold(steps, devices)
                yield (
                    str(steps),
                    str(devices),
                    f"{found.compiling_ms:.0f}",
                    f"{found.loading_ms:.0f}",
                    f"{found.next_ms:.1f}",
                )

    def growth(self) -> Iterator[tuple[str, ...]]:
        """More and more device-days."""
        for processes in PROCESSES:
            for device_days in self.device_days:
                found = self.growths[device_days, processes] = grow(device_days, processes)
                yield (
                    f"{device_days:,}",
                    str(processes),
                    f"{found.cpu_ms:.2f}",
                    f"{found.days_per_second:.0f}",
                    f"{found.peak_mib:.0f}",
                )

    def joint(self) -> Iterator[tuple[str, ...]]:
        """Sites with six processes and three storages."""
        kinds: tuple[Kind, ...] = ("normal", *UNUSUAL)
        for kind in kinds:
            for seed in range(JOINT_DAYS):
                found = plan_jointly(seed, kind)
                self.joints.setdefault(kind, []).append(found)
                yield (
                    kind,
                    str(seed),
                    f"{found.seconds:.2f}",
                    f"{found.cpu_seconds:.2f}",
                    f"{found.cost:.4f}",
                    f"{max(found.gap, 0):.1e}",
                    f"{100 * max(found.gap_share, 0):.3f} %",
                    f"{100 * max(found.gap_of_turnover, 0):.3f} %",
                    found.status,
                    str(found.binaries),
                )

    def bars(self) -> Iterator[Bar]:
        """Those that what was measured has something to say to."""
        if one := self.standings.get(Day(96, 1)):
            yield Bar("1 storage, 96 steps: ours to bare HiGHS", one.ratio(OURS, HIGHS), 1.0)
            yield Bar("1 storage, 96 steps: Pyomo to ours", one.ratio(PYOMO, OURS), 15.0, at_least=True)
        for devices in (3, 10):
            if site := self.standings.get(Day(96, devices)):
                yield Bar(f"{devices} devices, 96 steps: ours to bare HiGHS", site.ratio(OURS, HIGHS), 1.2)
        if self.joints:
            what = "6 processes and 3 storages"
            seconds = max(joint.seconds for joints in self.joints.values() for joint in joints)
            everyone = [joint for joints in self.joints.values() for joint in joints]
            gap = max(joint.gap_share for joint in everyone)
            of_turnover = max(joint.gap_of_turnover for joint in everyone)
            yield Bar(f"{what}, worst day: time to 10 s", seconds / WITHIN_S, 1.0)
            yield Bar(f"{what}, worst day: gap to 1 % of the cost", gap / GAP_SHARE, 1.0)
            yield Bar(f"{what}, worst day: gap to 1 % of the turnover", of_turnover / GAP_SHARE, 1.0)
        for processes in PROCESSES:
            few, many = (self.growths.get((n, processes)) for n in (1_000, 10_000))
            if few and many:
                what = f"at 10,000 device-days to that at 1,000, processes: {processes}"
                yield Bar(f"CPU time of each {what}", many.cpu_ms / few.cpu_ms, NO_MORE)
                yield Bar(f"Peak memory {what}", many.peak_mib / few.peak_mib, NO_MORE)

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
