"""CSV and Parquet files as tables, read once for all the sensors that share them."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache
from pathlib import Path

import polars as pl

from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.wall_clock import DaylightSaving, Stamp, event_starts

Version = tuple[tuple[str, int, int], ...]  # path, modification time [ns] and size [bytes] of each file


def versions(pattern: str, base: Path, field: str) -> Version:
    """The files that the path or glob pattern stands for, by name, and their state. Raises SourceError."""
    path = Path(pattern)
    folder, name = (Path(path.anchor), path.relative_to(path.anchor)) if path.is_absolute() else (base, path)
    files = sorted(file for file in folder.glob(str(name)) if file.is_file())
    if not files:
        raise SourceError(field, pattern, f"is no file under {base}; {_neighbours(base / path)}")
    states = [(file, file.stat()) for file in files]
    return tuple((str(file), state.st_mtime_ns, state.st_size) for file, state in states)


def _neighbours(path: Path) -> str:
    if not path.parent.is_dir():
        return f"the folder {path.parent} does not exist"
    names = sorted(other.name for other in path.parent.iterdir() if other.is_file())
    return f"there are: {', '.join(names[:20])}" if names else f"the folder {path.parent} is empty"


@lru_cache(maxsize=32)
def load(version: Version, is_csv: bool) -> pl.DataFrame:
    """The rows of the files, one after the other; cells of CSV files stay text. Raises SourceError."""
    tables = [_read_file(Path(path), is_csv) for path, _, _ in version]
    for table, (path, _, _) in zip(tables, version, strict=True):
        if table.columns != tables[0].columns:
            columns = ", ".join(tables[0].columns)
            raise SourceError(
                "columns", ", ".join(table.columns), f"differ from the first file's: {columns}", file=path
            )
    return pl.concat(tables)


def _read_file(path: Path, is_csv: bool) -> pl.DataFrame:
    try:
        return pl.read_csv(path, infer_schema=False) if is_csv else pl.read_parquet(path)
    except (pl.exceptions.PolarsError, OSError) as error:
        kind = "CSV with a header, UTF-8" if is_csv else "Parquet"
        raise SourceError("content", path.name, f"cannot be read as {kind}: {error}", file=path) from error


@lru_cache(maxsize=64)
def timed(
    version: Version,
    is_csv: bool,
    time_column: str,
    zone: str,
    resolution: timedelta,
    stamp: Stamp,
    daylight: DaylightSaving,
) -> pl.DataFrame:
    """The same rows with `event_start` (UTC), sorted by it. Raises SourceError for unreadable times."""
    table = load(version, is_csv)
    require_column(table, time_column, "source.time-column")
    return event_starts(table, time_column, zone, resolution, stamp, daylight)


def require_column(table: pl.DataFrame, column: str, field: str) -> None:
    """Raise SourceError, with the columns there are, unless the table has this one."""
    if column not in table.columns:
        there = ", ".join(name for name in table.columns if name != "event_start")
        raise SourceError(field, column, f"is not a column; there are: {there}")


def numbers(frame: pl.DataFrame, column: str) -> pl.DataFrame:
    """(event_start, value) of a column; empty cells, NaN and the like are null, other text a SourceError."""
    cells = frame[column]
    if cells.dtype == pl.String:
        text = cells.str.strip_chars()
        text = text.set(text.str.to_lowercase().is_in(["", "nan", "na", "n/a", "null", "none"]), None)
        values = text.cast(pl.Float64, strict=False)
        wrong = (values.is_null() & text.is_not_null()).arg_true()
        if len(wrong):
            row = int(wrong[0])
            raise SourceError(
                f"source.column {column}, at {frame['event_start'][row]}", cells[row], "is not a number"
            )
    elif cells.dtype.is_numeric() or cells.dtype == pl.Null:
        values = cells.cast(pl.Float64)
    else:
        raise SourceError("source.column", column, f"holds {cells.dtype}; numbers are right")
    finite = values.set(~values.is_finite().fill_null(True), None)
    return frame.select("event_start").with_columns(value=finite)
