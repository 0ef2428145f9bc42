"""What is wrong with a source, said so that it can be put right."""

from __future__ import annotations

from pathlib import Path


class SourceError(ValueError):
    """A source that cannot be read: which sensor and file, which field and value, and what would be right."""

    def __init__(
        self,
        field: str,
        value: object,
        message: str,
        *,
        file: Path | str | None = None,
        sensor: str | None = None,
    ) -> None:
        self.field, self.value, self.message, self.file, self.sensor = field, value, message, file, sensor
        where = " ".join(
            part
            for part in (f"sensor {sensor}," if sensor else "", f"{file}:" if file else "", field)
            if part
        )
        super().__init__(f'{where}\n  "{value}" {message}')

    def of(self, sensor: str) -> SourceError:
        """The same fault with the sensor that met it: files are read once for several sensors."""
        return SourceError(self.field, self.value, self.message, file=self.file, sensor=sensor)

    def in_file(self, file: Path | str) -> SourceError:
        """The same fault with the file it was met in, unless it has one."""
        return SourceError(self.field, self.value, self.message, file=self.file or file, sensor=self.sensor)
