"""What the project says of itself: `schema` and `check-definitions`."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from flex_pipeline.cli.options import OutOption, PluginOption, write

app = typer.Typer()


@app.command()
def schema(
    what: Annotated[
        Literal["portfolio", "problem", "fields"],
        typer.Argument(help="The JSON Schema of one, or all fields of a portfolio in Markdown."),
    ],
    out: OutOption = None,
    portfolio: Annotated[
        Path | None, typer.Option("--portfolio", help="Folder of YAML files, with the fields of its plugins.")
    ] = None,
    plugins: PluginOption = None,
) -> None:
    """What a portfolio or a problem file may hold, for editors, programs and people."""
    from flex_pipeline.planning.configuration import load_named_plugins
    from flex_pipeline.planning.published import published
    from flex_pipeline.portfolio.document import DocumentError

    try:
        load_named_plugins(portfolio, plugins or ())
    except (DocumentError, ImportError) as error:
        typer.echo(str(error), err=True)
        raise typer.Exit(2) from error
    write(published(what), out)


@app.command()
def check_definitions() -> None:
    """Load all definitions as Dagster does, and name what does not fit together."""
    import dagster as dg

    from flex_pipeline.definitions import build_defs

    definitions = build_defs()
    dg.Definitions.validate_loadable(definitions)
    graph = definitions.resolve_asset_graph()
    typer.echo(
        f"{len(graph.materializable_asset_keys)} assets, {len(graph.asset_check_keys)} checks: all fit"
    )
