"""CSV and Parquet files as tables, read once for all the sensors that share them."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import polars as pl

from flex_pipeline.sources import files
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.files import Version
from flex_pipeline.sources.http import redacted
from flex_pipeline.sources.wall_clock import DaylightSaving, Stamp, event_starts


@lru_cache(maxsize=32)
def load(version: Version, is_csv: bool) -> pl.DataFrame:
    """The rows of the files, one after the other; cells of CSV files stay text. Raises SourceError."""
    tables = [_read_file(name, is_csv) for name, _, _ in version]
    for table, (name, _, _) in zip(tables, version, strict=True):
        if table.columns != tables[0].columns:
            raise SourceError(
                "columns",
                columns_of(table),
                f"differ from the first file's: {columns_of(tables[0])}",
                file=name,
            )
    try:
        return pl.concat(tables)
    except pl.exceptions.PolarsError as error:
        raise SourceError(
            "columns", columns_of(tables[0]), f"change their type between files: {error}"
        ) from error


def columns_of(table: pl.DataFrame) -> str:
    """Their names, as a message shows them."""
    return ", ".join(table.columns)


def _read_file(name: str, is_csv: bool) -> pl.DataFrame:
    kind = "CSV with a header, UTF-8" if is_csv else "Parquet"
    try:
        content = files.opened(name)
        return pl.read_csv(content, infer_schema=False) if is_csv else pl.read_parquet(content)
    except SourceError:
        raise
    # a damaged Parquet file can make polars panic, and each file system raises what its library does
    except (Exception, pl.exceptions.PanicException) as error:
        message = f"cannot be read as {kind}: {redacted(str(error)) or type(error).__name__}"
        raise SourceError(
            "content", redacted(name.rsplit("/", 1)[-1]), message, file=redacted(name)
        ) from None


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
