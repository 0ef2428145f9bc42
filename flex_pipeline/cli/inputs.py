"""What a stored plan or forecast was made from."""

from __future__ import annotations

import json
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flex_pipeline.cli.options import OutOption, write

if TYPE_CHECKING:
    from flex_pipeline.planning.recreation import Recreated

app = typer.Typer(no_args_is_help=True, help=__doc__)


@app.command("plan")
def inputs_of_plan(
    site: Annotated[str, typer.Argument(help="A site, such as home-01.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A planned local date.")],
    run: Annotated[
        int | None, typer.Option("--run", help="A plan's run_id; default: the one in force.")
    ] = None,
    out: OutOption = None,
) -> None:
    """The problem file that a plan was made from, from the beliefs of its time. Exit status 1 if it differs."""
    from flex_pipeline.planning.recreation import recreate_plan_inputs
    from flex_pipeline.warehouse.database import engine
    from flex_pipeline.warehouse.resolve import resolve

    _show(recreate_plan_inputs(engine(resolve()), site, day.date(), run), "problem", out)


@app.command("forecast")
def inputs_of_forecast(
    sensor: Annotated[str, typer.Argument(help="A sensor, such as home-01.load.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A local date it was forecast for.")],
    out: OutOption = None,
) -> None:
    """What a forecast was made from, as of its planning time. Exit status 1 if it differs."""
    from flex_pipeline.planning.recreation import recreate_forecast_inputs
    from flex_pipeline.warehouse.database import engine
    from flex_pipeline.warehouse.resolve import resolve

    _show(recreate_forecast_inputs(engine(resolve()), sensor, day.date()), "forecast", out)


def _show(again: Recreated, part: str, out: Path | None) -> None:
    write(json.dumps(again.inputs[part], indent=1) + "\n", out)
    typer.echo(str(again), err=True)
    raise typer.Exit(0 if again.is_same else 1)
