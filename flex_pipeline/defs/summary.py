"""What `run` prints at its end: plans and costs per site and day, and where to look further."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date

import dagster as dg
from rich.box import SIMPLE_HEAD
from rich.console import Console
from rich.table import Table
from sqlalchemy import Row, text

from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.database import engine

COSTS = text("""
    select
        p.site_id, p.date, p.status, p.reason, c.currency, c.energy_cost, c.baseline_energy_cost, c.saving,
        (select count(*) from flex.device_plan as d where d.run_id = p.run_id and d.status <> 'blocked') as devices
    from flex.current_plan as p
    left join reports.site_cost_daily as c on c.site_id = p.site_id and c.date = p.date
    where p.date between :first and :last
    order by p.site_id, p.date
""")


def report_keys(definitions: dg.Definitions) -> list[dg.AssetKey]:
    """The assets of the group reporting."""
    graph = definitions.resolve_asset_graph()
    return [key for key in graph.materializable_asset_keys if graph.get(key).group_name == "reporting"]


def show(
    console: Console,
    connection: Connection,
    first: date,
    last: date,
    failures: Sequence[str],
    seconds: Mapping[str, float],
) -> None:
    """Print costs, failures, timings and the next steps."""
    with engine(connection).connect() as session:
        rows = session.execute(COSTS, {"first": first, "last": last}).all()
    console.print(_table(rows))
    for failure in failures:
        console.print(f"[red]✗[/] {failure}", highlight=False, soft_wrap=True)
    spent = ", ".join(f"{stage} {took:.1f} s" for stage, took in seconds.items())
    console.print(f"[dim]{spent}[/]", highlight=False, soft_wrap=True)
    console.print(
        "\nThe plans are in [bold]flex.current_schedule[/], the reports in [bold]reports.site_cost_daily[/] and "
        "[bold]reports.headroom[/]:\n"
        '  .venv/bin/flex-pipeline psql -c "select * from reports.site_cost_daily order by date, site_id"\n'
        "Runs, partitions and plots, on http://127.0.0.1:3000:\n  ./ui",
        highlight=False,
        soft_wrap=True,
    )


def _table(rows: Sequence[Row[tuple[object, ...]]]) -> Table:
    table = Table(title="Plans and energy costs", title_justify="left", box=SIMPLE_HEAD)
    for name in ("site", "date", "plan"):
        table.add_column(name, no_wrap=True)
    for name in ("devices", "cost", "inflexible", "saving"):
        table.add_column(name, justify="right", no_wrap=True)
    for row in rows:
        money = (row.energy_cost, row.baseline_energy_cost, row.saving)
        amounts = ["" if m is None else f"{m:.2f} {row.currency}" for m in money]
        table.add_row(row.site_id, str(row.date), row.status, str(row.devices), *amounts)
    return table
