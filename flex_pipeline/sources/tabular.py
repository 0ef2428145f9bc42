"""CSV and Parquet files, here or anywhere."""

from __future__ import annotations

from pathlib import Path
from typing import ClassVar
from urllib.parse import urlsplit

from pydantic import Field

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import files, table
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.files import Version
from flex_pipeline.sources.reading import Reading, Window
from flex_pipeline.sources.sessions import SessionTable
from flex_pipeline.sources.table_source import TableSource


class FileSource(SessionTable):
    """A file, or several by a glob pattern, here or at an address that fsspec can open."""

    kind: ClassVar[str]
    path: str

    def name(self) -> str:
        """The kind of file and its name, without folders."""
        return f"{self.kind}:{Path(urlsplit(self.path).path).name}"

    def read(self, sensor: Sensor, window: Window, base: Path) -> Reading:
        """The values of the window, and of what straddles its ends. Raises SourceError."""
        version = files.versions(self.path, base, f"source.{self.kind}")
        return read_files(self, version, self.kind == "csv", sensor, window)


def read_files(
    source: TableSource, version: Version, is_csv: bool, sensor: Sensor, window: Window
) -> Reading:
    """The values that files have for the window. Raises SourceError, with the file."""
    try:
        timed = table.timed(version, is_csv, *source.clock(sensor))
        values = source.values_of(timed, sensor, window)
        notices = source.notices(table.load(version, is_csv), sensor, window)
    except SourceError as error:
        raise error.in_file(version[0][0]) from error
    return Reading(values, notices)


class CsvSource(FileSource):
    """A CSV file with a header, or several by a glob pattern."""

    kind = "csv"
    path: str = Field(alias="csv")


class ParquetSource(FileSource):
    """A Parquet file, or several by a glob pattern."""

    kind = "parquet"
    path: str = Field(alias="parquet")
