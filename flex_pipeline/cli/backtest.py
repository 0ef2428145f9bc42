"""`backtest`: how well past days of a sensor would have been forecast."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from flex_pipeline.cli.options import PortfolioOption
from flex_pipeline.cli.server import migrated

if TYPE_CHECKING:
    import polars as pl
    from rich.table import Table

    from flex_pipeline.planning.backtesting import Backtested

app = typer.Typer()


@app.command()
def backtest(
    sensor: Annotated[list[str], typer.Option("--sensor", help="Such as home-01.load; may be repeated.")],
    first: Annotated[
        datetime, typer.Option("--from", formats=["%Y-%m-%d"], help="First local date to forecast.")
    ],
    last: Annotated[
        datetime, typer.Option("--to", formats=["%Y-%m-%d"], help="Last local date to forecast.")
    ],
    out: Annotated[
        Path | None, typer.Option("--out", help="A PNG to draw it in, with the name of the sensor before it.")
    ] = None,
    portfolio: PortfolioOption = None,
) -> None:
    """Forecast past days from what was believed at each planning time, and compare with what was measured.

    Prints the scores by lead, hour and model, and keeps them in flex.forecast_accuracy.
    """
    from rich.console import Console

    from flex_pipeline.planning.backtesting import Backtester
    from flex_pipeline.planning.configuration import load
    from flex_pipeline.warehouse.database import engine

    if last < first:
        raise typer.BadParameter(f"--to {last.date()} is before --from {first.date()}")
    backtester = Backtester(engine(migrated()), load(portfolio))
    for name in sensor:  # all are known, or none is forecast
        backtester.sensor(name)
    console = Console(width=None if sys.stdout.isatty() else 100)
    for name in sensor:
        done = backtester.backtest(name, first.date(), last.date(), datetime.now(UTC))
        for table in _tables(done):
            console.print(table)
        for day in done.without_history:
            console.print(f"{name}: no history to forecast {day} from", highlight=False)
        if out:
            _draw(done, out.with_name(f"{name}-{out.name}"))


def _tables(done: Backtested) -> list[Table]:
    from flex_pipeline.forecasting.accuracy import LEAD_HOURS, summed_up

    def of(by: Sequence[str], heading: str) -> Table:
        return _table(f"{done.sensor.name} by {heading}", by, summed_up(done.rows, by), done.sensor.unit)

    return [
        of(["model"], "model"),
        of(["lead_hours"], f"lead, in steps of {LEAD_HOURS} hours"),
        of(["hour"], "local hour"),
    ]


def _table(title: str, by: Sequence[str], scores: pl.DataFrame, unit: str) -> Table:
    from rich.box import SIMPLE_HEAD
    from rich.table import Table

    table = Table(title=title, title_justify="left", box=SIMPLE_HEAD)
    for name in by:
        table.add_column(name.replace("_", " "))
    for name in ("steps", f"MAE [{unit}]", "rMAE", f"pinball [{unit}]", "within 80 %", f"bias [{unit}]"):
        table.add_column(name.replace("[", r"\["), justify="right", no_wrap=True)
    for row in scores.iter_rows(named=True):
        beaten = "" if row["rmae"] is None else f"{row['rmae']:.3f}"
        table.add_row(
            *(str(row[name]) for name in by),
            str(row["n"]),
            f"{row['mae']:.4g}",
            beaten,
            f"{row['pinball']:.4g}",
            f"{100 * row['coverage']:.1f} %",
            f"{row['bias']:+.3g}",
        )
    return table


def _draw(done: Backtested, out: Path) -> None:
    from flex_pipeline.planning.accuracy_picture import backtest_picture
    from flex_pipeline.plots.accuracy import plot_accuracy

    out.write_bytes(plot_accuracy(backtest_picture(done)))
    typer.echo(f"wrote {out}")
