"""A folder that other programs drop files into.

A new file is tried with all sensors that read the folder. If they all can read it, it moves to `accepted/` under
a name that says when it came and what span it covers; if not, to `quarantine/` with the reason beside it. Only
accepted files are read. Of what several files say of one step, the file that came last is believed.
"""

from __future__ import annotations

import hashlib
import os
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from fnmatch import fnmatch
from pathlib import Path

import polars as pl
from pydantic import Field, field_validator

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import files, table
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.reading import Reading, Window, no_values
from flex_pipeline.sources.table_source import TableSource
from flex_pipeline.sources.tabular import read_files
from flex_pipeline.sources.web import Question

ACCEPTED, QUARANTINE = "accepted", "quarantine"
SETTLED = timedelta(seconds=10)  # not written to for so long: a program that copies a file is done with it
EARLIEST = datetime(1970, 1, 1, tzinfo=UTC)
_UNFINISHED = (".part", ".tmp", ".crdownload", ".filepart", "~")
_STAMP, _SPAN = "%Y%m%dT%H%M%S%fZ", "%Y%m%dT%H%M%SZ"
_ACCEPTED_NAME = re.compile(r"(\d{8}T\d{12}Z)_(\d{8}T\d{6}Z)_(\d{8}T\d{6}Z)_([0-9a-f]{12})_(.+)")


class DroppedFolder(Question):
    """A folder, and which of its files a sensor reads."""

    path: str
    files: str = "*.csv"

    @field_validator("files")
    @classmethod
    def _is_a_pattern_of_names(cls, value: str) -> str:
        if "/" in value or not value.endswith((".csv", ".parquet")):
            raise ValueError('is not a pattern of file names, for example "meter-*.csv" or "*.parquet"')
        return value


@dataclass(frozen=True)
class Arrival:
    """An accepted file: when it came, and the span of the steps that it has; all in UTC."""

    path: Path
    came: datetime
    first: datetime
    last: datetime
    digest: str  # of its content
    name: str  # as it was dropped

    @classmethod
    def of(cls, path: Path) -> Arrival | None:
        """The arrival that a name tells of; None for a file that did not come through the intake."""
        found = _ACCEPTED_NAME.fullmatch(path.name)
        if found is None:
            return None
        came, first, last = (
            datetime.strptime(text, form).replace(tzinfo=UTC)
            for text, form in zip(found.groups()[:3], (_STAMP, _SPAN, _SPAN), strict=True)
        )
        return cls(path, came, first, last, found[4], found[5])


class DroppedFolderSource(TableSource):
    """A column of the files that were dropped into a folder and accepted."""

    dropped_folder: DroppedFolder = Field(alias="dropped-folder")

    def name(self) -> str:
        """The folder's name, without the way to it."""
        return f"dropped-folder:{Path(self.dropped_folder.path).name}"

    def folder(self, base: Path) -> Path:
        """Where files are dropped."""
        return base / self.dropped_folder.path

    def takes(self, name: str) -> bool:
        """Whether a file of that name is for this sensor."""
        return fnmatch(name, self.dropped_folder.files)

    def read(self, sensor: Sensor, window: Window, base: Path) -> Reading:
        """What accepted files say of the window; of a step that several have, the last to come. Raises SourceError."""
        near = window.wider(self.reach(sensor) + timedelta(seconds=1))
        found = [
            read_files(self, files.local([arrival.path]), self._is_csv, sensor, window)
            for arrival in arrivals(self.folder(base))
            if self.takes(arrival.name) and arrival.first < near.end and arrival.last >= near.start
        ]
        if not found:
            return Reading(no_values())
        notices = tuple(dict.fromkeys(notice for reading in found for notice in reading.notices))
        return Reading(_last_to_come([reading.values for reading in found]), notices)

    def span(self, file: Path, sensor: Sensor) -> tuple[datetime, datetime] | None:
        """The first and the last step of a file; None without rows. Raises SourceError if it cannot all be read."""
        version = files.local([file])
        try:
            timed = table.timed(version, self._is_csv, *self.clock(sensor))
            if timed.is_empty():
                table.require_column(timed, self.column, "source.column")
                return None
            first, last = timed["event_start"][0], timed["event_start"][-1]
        except SourceError as error:
            raise error.in_file(file) from error
        except (OverflowError, ValueError):  # of a time that Python has no year for
            raise SourceError(
                "source.time-column", file.name, "has times beyond the year 9999", file=file
            ) from None
        if first < EARLIEST:  # a year of two digits, mostly; and of a file's name four are read back
            raise SourceError("source.time-column", first, f"is before {EARLIEST:%Y}", file=file)
        read_files(self, version, self._is_csv, sensor, Window.of(first, last + timedelta(microseconds=1)))
        return first, last

    @property
    def _is_csv(self) -> bool:
        return self.dropped_folder.files.endswith(".csv")


def _last_to_come(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """Of each step, and time of belief, what the last frame that has it says; what it says twice stays twice."""
    step = [column for column in frames[0].columns if column != "value"]
    said = pl.concat([frame.with_columns(_file=pl.lit(i)) for i, frame in enumerate(frames)])
    newest = pl.col("_file") == pl.col("_file").max().over(step)
    return said.filter(newest).drop("_file").sort(step, maintain_order=True)


def arrivals(folder: Path) -> list[Arrival]:
    """The accepted files of a folder, in the order in which they came."""
    found = [Arrival.of(path) for path in (folder / ACCEPTED).glob("*")]
    return sorted(
        (arrival for arrival in found if arrival), key=lambda arrival: (arrival.came, arrival.path.name)
    )


@dataclass(frozen=True)
class Refusal:
    """A file that was put into quarantine, and why."""

    path: Path
    name: str  # as it was dropped
    reason: str


def take_in(
    folder: Path, readers: Sequence[tuple[DroppedFolderSource, Sensor]], now: datetime
) -> list[Arrival | Refusal]:
    """Try every settled file of a folder with the sensors it is for, and move it out of the way.

    Files that are hidden, unfinished, or for no sensor stay where they are. Every move is one step of the file
    system, so a file is in one place, whole, at any time; who comes second to it leaves it alone.
    """
    seen = {arrival.digest: arrival.name for arrival in arrivals(folder)}
    taken: list[Arrival | Refusal] = []
    for file in sorted(folder.iterdir()) if folder.is_dir() else []:
        mine = [(source, sensor) for source, sensor in readers if source.takes(file.name)]
        if not mine or not _is_settled(file, now):
            continue
        try:
            result = _take(file, mine, seen, now + len(taken) * timedelta(microseconds=1))
        except FileNotFoundError:  # another process was faster
            continue
        if isinstance(result, Arrival):
            seen[result.digest] = result.name
        taken.append(result)
    return taken


def _is_settled(file: Path, now: datetime) -> bool:
    if file.name.startswith(".") or file.name.endswith(_UNFINISHED):
        return False
    try:
        return file.is_file() and file.stat().st_mtime <= (now - SETTLED).timestamp()
    except FileNotFoundError:
        return False


def _take(
    file: Path, readers: Sequence[tuple[DroppedFolderSource, Sensor]], seen: dict[str, str], now: datetime
) -> Arrival | Refusal:
    digest = hashlib.sha256(file.read_bytes()).hexdigest()[:12]
    if digest in seen:
        return _refuse(file, f"has the same content as {seen[digest]}, which was read already", digest, now)
    spans = []
    try:
        for source, sensor in readers:
            try:
                spans.append(source.span(file, sensor))
            except SourceError as error:
                raise error.of(sensor.name) from error
    except SourceError as error:
        return _refuse(file, str(error), digest, now)
    there = [span for span in spans if span]
    if not there:
        return _refuse(file, "has no rows", digest, now)
    first, last = min(span[0] for span in there), max(span[1] for span in there)
    name = f"{now:{_STAMP}}_{first:{_SPAN}}_{last:{_SPAN}}_{digest}_{file.name}"
    target = file.parent / ACCEPTED / name
    target.parent.mkdir(exist_ok=True)
    os.replace(file, target)
    return Arrival(target, now, first, last, digest, file.name)


def _refuse(file: Path, reason: str, digest: str, now: datetime) -> Refusal:
    """The reason is written first: a file in quarantine always has one."""
    target = file.parent / QUARANTINE / f"{now:{_STAMP}}_{digest}_{file.name}"
    target.parent.mkdir(exist_ok=True)
    target.with_name(target.name + ".reason.txt").write_text(reason + "\n", encoding="utf-8")
    os.replace(file, target)
    return Refusal(target, file.name, reason)
