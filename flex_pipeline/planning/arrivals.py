"""The folders that files are dropped into: what came, for which sensors, and which days it is about."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from zoneinfo import ZoneInfo

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import source_of
from flex_pipeline.sources.dropped_folder import Arrival, DroppedFolderSource, Refusal, arrivals, take_in

Readers = list[tuple[DroppedFolderSource, Sensor]]
Span = tuple[date, date]  # the first and the last day


@dataclass(frozen=True)
class Delivery:
    """A file that came, and the sensors that read files of its name."""

    file: Arrival | Refusal
    sensors: tuple[Sensor, ...]

    def spans(self) -> list[Span]:
        """The local days of its sensors that an accepted file has steps on; none for a refused one."""
        if isinstance(self.file, Refusal):
            return []
        first, last = self.file.first, self.file.last
        zones = {ZoneInfo(sensor.timezone) for sensor in self.sensors}
        return [(first.astimezone(zone).date(), last.astimezone(zone).date()) for zone in zones]


def deliveries(
    sensors: Iterable[Sensor], base: Path, now: datetime, since: datetime | None
) -> list[Delivery]:
    """Take in what has been dropped, and give every refusal and all files accepted after `since`.

    So a file that was accepted by a process that died then is given by the next one.
    """
    came: list[Delivery] = []
    for folder, readers in _folders(sensors, base).items():
        files: list[Arrival | Refusal] = [
            taken for taken in take_in(folder, readers, now) if isinstance(taken, Refusal)
        ]
        files += [arrival for arrival in arrivals(folder) if since is None or arrival.came > since]
        for file in files:
            mine = tuple(sensor for source, sensor in readers if source.takes(file.name))
            came.append(Delivery(file, mine))
    return came


def _folders(sensors: Iterable[Sensor], base: Path) -> dict[Path, Readers]:
    folders: dict[Path, Readers] = {}
    for sensor in sensors:
        source = source_of(sensor)
        if isinstance(source, DroppedFolderSource):
            folders.setdefault(source.folder(base), []).append((source, sensor))
    return folders


def merged(spans: Iterable[Span], within: Span) -> list[Span]:
    """Spans that touch or overlap as one, cut to those days that are within."""
    result: list[Span] = []
    for first, last in sorted((max(first, within[0]), min(last, within[1])) for first, last in spans):
        if first > last:
            continue
        if result and first <= result[-1][1] + timedelta(days=1):
            result[-1] = (result[-1][0], max(last, result[-1][1]))
        else:
            result.append((first, last))
    return result
