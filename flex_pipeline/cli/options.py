"""Options that several commands have, and how what they ask for is written."""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated

import typer

PortfolioOption = Annotated[
    Path | None,
    typer.Option("--portfolio", help="Folder of YAML files, one a site. Default: the bundled demo."),
]
FromOption = Annotated[
    datetime | None, typer.Option("--from", formats=["%Y-%m-%d"], help="First local date.")
]
ToOption = Annotated[datetime | None, typer.Option("--to", formats=["%Y-%m-%d"], help="Last local date.")]
OutOption = Annotated[Path | None, typer.Option("--out", help="Where to write it; default: print it.")]
PluginOption = Annotated[
    list[str] | None, typer.Option("--plugin", help="A module with more fields or types of devices.")
]
DeviceOption = Annotated[list[str] | None, typer.Option("--device", help="Only this device (and its site).")]


def write(text: str, out: Path | None) -> None:
    """To a file, or to the terminal."""
    if out:
        out.write_text(text, encoding="utf-8")
    else:
        typer.echo(text, nl=False)
