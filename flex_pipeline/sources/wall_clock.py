"""Times as a source writes them, to UTC.

Rules for local times without an offset (a clock on the wall):
- the hour that comes twice in autumn: the first time a stamp occurs is summer time, later ones standard time;
- the hour that does not exist in spring: its rows are dropped;
- where daylight saving was normalised away (24 hours on every day) the hour filled in spring is dropped, and
  the hour kept in autumn is given to both hours it stands for.
"""

from __future__ import annotations

from datetime import timedelta
from typing import Literal

import polars as pl

from flex_pipeline.sources.errors import SourceError

DaylightSaving = Literal["wall", "normalised"]
Stamp = Literal["start", "end"]
_OFFSET = r"(?:Z|[+-]\d{2}:?\d{2})$"
_UTC = pl.Datetime("us", "UTC")


def parse_times(stamps: pl.Series, field: str = "source.time-column") -> pl.Series:
    """Text or times to Datetime: in UTC where offsets are given, else naive. Raises SourceError with the field."""
    if stamps.is_empty():
        return stamps.cast(_UTC)
    if isinstance(stamps.dtype, pl.Datetime):
        return stamps.cast(pl.Datetime("us", None if stamps.dtype.time_zone is None else "UTC"))
    if stamps.dtype != pl.String:
        raise SourceError(field, stamps.name, f"holds {stamps.dtype}; times or ISO 8601 text is right")
    text = stamps.str.strip_chars()
    with_offset = text.str.contains(_OFFSET) & text.str.contains(":")
    if with_offset.any() and not with_offset.all():
        row = int((~with_offset.fill_null(False)).arg_true()[0])
        raise _unreadable(field, stamps, row, "has no UTC offset where other rows have one")
    aware = bool(with_offset.all())
    try:
        times = text.str.to_datetime(time_unit="us", time_zone="UTC" if aware else None, strict=False)
    except pl.exceptions.ComputeError:  # not one of them is a time
        times = pl.Series([None] * len(text), dtype=pl.Datetime("us"))
    if times.null_count():
        row = int(times.is_null().arg_true()[0])
        raise _unreadable(
            field, stamps, row, 'is not a time, for example "2026-03-29 14:00" or "2026-03-29T14:00+02:00"'
        )
    return times


def _unreadable(field: str, stamps: pl.Series, row: int, message: str) -> SourceError:
    return SourceError(f"{field}, row {row + 1} of {stamps.name}", stamps[row], message)


def event_starts(
    table: pl.DataFrame,
    time_column: str,
    zone: str,
    resolution: timedelta,
    stamp: Stamp,
    daylight: DaylightSaving,
) -> pl.DataFrame:
    """The table with a column `event_start` (UTC), sorted by it; rows at times that never were are dropped.

    `zone` is the zone of naive times; `resolution` is the length of the interval that ends at an `end` stamp.
    Raises SourceError for times that cannot be read.
    """
    if table.is_empty():  # which polars cannot give a timezone by row
        return table.with_columns(event_start=pl.Series([], dtype=_UTC))
    times = parse_times(table[time_column])
    back = resolution if stamp == "end" else timedelta(0)
    timed = table.with_columns(event_start=times)
    if isinstance(times.dtype, pl.Datetime) and times.dtype.time_zone is not None:
        timed = timed.with_columns(pl.col("event_start") - back)
    elif daylight == "normalised":
        timed = _normalised(timed.with_columns(pl.col("event_start") - back), zone)
    else:
        timed = _wall(timed, zone).with_columns(pl.col("event_start") - back)
    return timed.drop_nulls("event_start").sort("event_start", maintain_order=True)


def _in_utc(zone: str, ambiguous: pl.Expr | Literal["earliest", "latest"]) -> pl.Expr:
    local = pl.col("event_start").dt.replace_time_zone(zone, ambiguous=ambiguous, non_existent="null")
    return local.dt.convert_time_zone("UTC")


def _wall(timed: pl.DataFrame, zone: str) -> pl.DataFrame:
    occurrence = pl.int_range(pl.len()).over("event_start")
    fold = pl.when(occurrence == 0).then(pl.lit("earliest")).otherwise(pl.lit("latest"))
    return timed.with_columns(_fold=fold).with_columns(_in_utc(zone, pl.col("_fold"))).drop("_fold")


def _normalised(timed: pl.DataFrame, zone: str) -> pl.DataFrame:
    first = timed.with_columns(_in_utc(zone, "earliest"))
    second = timed.with_columns(_in_utc(zone, "latest"))
    repeated = second.filter(second["event_start"] != first["event_start"])
    return pl.concat([first, repeated])
