"""Portfolios."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command()
def validate(folder: Annotated[Path, typer.Argument()]) -> None:
    """List everything wrong with a portfolio, with file and line."""
    from flex_pipeline.planning.configuration import load

    found = load(folder)
    for notice in found.notices:
        typer.echo(notice)
    typer.echo(
        f"{folder}: {len(found.sites)} sites, {len(found.devices)} devices, {len(found.sensors)} sensors"
    )


@app.command("import")
def import_(
    export: Annotated[
        Path, typer.Argument(help="Assets and sensors as the API of FlexMeasures answers (JSON).")
    ],
    out: Annotated[Path, typer.Option("--out", help="A folder to write the YAML files into.")] = Path(
        "portfolio"
    ),
) -> None:
    """Write a portfolio from an export of FlexMeasures, and list what it does not carry over."""
    from flex_pipeline.portfolio.flexmeasures.export import read_export
    from flex_pipeline.portfolio.flexmeasures.importing import import_export
    from flex_pipeline.portfolio.loader import PortfolioError

    if any(out.glob("*.y*ml")):
        raise PortfolioError([f"{out}\n  holds YAML files already; name another folder with --out"])
    imported = import_export(read_export(export))
    out.mkdir(parents=True, exist_ok=True)
    for name, text in imported.files.items():
        (out / name).write_text(text, encoding="utf-8")
    for note in imported.notes:
        typer.echo(note)
    validate(out)
