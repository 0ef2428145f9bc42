"""What the UI shows of forecasts and of the models behind them: tables, and a fan chart."""

from __future__ import annotations

import base64
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

import dagster as dg
from sqlalchemy import Engine

from flex_pipeline.planning.forecast_picture import fans
from flex_pipeline.planning.forecasts import Forecasted
from flex_pipeline.plots.fan import plot_fans
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.models import HeldOut, Trained

MOST_ROWS = 250  # the event log keeps all metadata of every partition
SCORES = ("mae", "mae_naive", "pinball", "coverage")
FORECAST = (
    "sensor",
    "ladder_step",
    "model",
    "reason",
    *SCORES,
    "mae_of_14_days",
    "trained_as_of",
    "decision",
)
TRAINING = ("sensor", "used", "decision", "ladder_step", "model", "reason", *SCORES, "readings", "cpu_s")


def forecasts_table(done: Iterable[Forecasted]) -> dg.TableMetadataValue:
    """Which model was used for each sensor, why, and how it scored on held-out days and since."""
    rows = (
        {
            "sensor": each.sensor,
            "ladder_step": each.model.ladder_step,
            "model": each.model.name,
            "reason": each.model.reason,
            **_scores(each.model.scores),
            "mae_of_14_days": each.recent_mae,
            "trained_as_of": f"{each.model.origins.trained_as_of:%Y-%m-%d %H:%M}",
            "decision": each.model.asked.decision,
        }
        for each in done
    )
    return table(rows, FORECAST)


def trainings_table(trained: Iterable[Trained]) -> dg.TableMetadataValue:
    """What came of each training: whether the model is used, why, how it scored on held-out days."""
    rows = (
        {
            "sensor": each.origins.sensor,
            "used": "no" if each.document is None else "yes",
            "decision": each.decision,
            "ladder_step": each.ladder_step,
            "model": each.name,
            "reason": each.reason,
            **_scores(each.scores),
            "readings": each.readings,
            "cpu_s": each.cpu_s,
        }
        for each in trained
    )
    return table(rows, TRAINING)


def table(rows: Iterable[Mapping[str, Any]], columns: Sequence[str]) -> dg.TableMetadataValue:
    """Rows in the order of the columns; numbers with four digits."""
    records = [dg.TableRecord({name: _shown(row[name]) for name in columns}) for row in rows]
    return dg.MetadataValue.table(
        records[:MOST_ROWS],
        schema=dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in columns]),
    )


def fan_chart(
    engine: Engine, portfolio: Portfolio, done: Sequence[Forecasted], day: date
) -> dg.MarkdownMetadataValue:
    """A picture of the forecasts of a day, in Markdown."""
    picture = base64.b64encode(plot_fans(day, fans(engine, portfolio, done, day))).decode()
    return dg.MetadataValue.md(f"![forecasts for {day}](data:image/png;base64,{picture})")


def _scores(scores: HeldOut) -> dict[str, float | None]:
    return {name: getattr(scores, name) for name in SCORES}


def _shown(value: Any) -> str:
    if isinstance(value, float):
        return f"{value:.4g}"
    return "" if value is None else str(value)
