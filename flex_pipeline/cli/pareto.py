"""What less CO2 would cost."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated

import typer

app = typer.Typer()


@app.command()
def pareto(
    site: Annotated[str, typer.Argument(help="A site, such as home-01.")],
    day: Annotated[datetime, typer.Argument(formats=["%Y-%m-%d"], help="A planned local date.")],
    points: Annotated[int, typer.Option("--points", min=2, help="How many, both ends included.")] = 5,
) -> None:
    """Plans of a planned day from least money to least CO2; they are stored as flex.current_pareto.

    Exit status 2 where nothing is planned, or nothing is said of CO2.
    """
    from flex_pipeline.planning.pareto import pareto_of_plan
    from flex_pipeline.warehouse.database import engine
    from flex_pipeline.warehouse.resolve import resolve

    try:
        table = pareto_of_plan(engine(resolve()), site, day.date(), points)
    except ValueError as error:
        raise typer.BadParameter(f"{site}: {error}") from None
    typer.echo(f"{'':>3} {table.currency:>12} {'kg CO2':>12} {table.currency + '/kg':>12}  status")
    for i, point in enumerate(table.points, start=1):
        price = "" if point.marginal_price is None else f"{point.marginal_price:.4f}"
        typer.echo(f"{i:>3} {point.money:>12.4f} {point.kg:>12.4f} {price:>12}  {point.schedule.status}")
    if not table.points:
        typer.echo(f"no plan keeps every limit: {table.cheapest.diagnosis}", err=True)
