"""How good forecasts were: those that plans were made with, day by day, and those of a backtest."""

import base64
from datetime import date, timedelta

import dagster as dg
import polars as pl

from flex_pipeline.defs import partitions
from flex_pipeline.defs.forecasting import EARLIER, forecasts
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.forecasting.accuracy import WEIGHTED, summed_up
from flex_pipeline.planning.accuracy_picture import backtest_picture, live_picture
from flex_pipeline.plots.accuracy import Accuracy, plot_accuracy
from flex_pipeline.warehouse.accuracy import read_accuracy

SHOWN = timedelta(weeks=12)  # of a picture of skill over time
# days of a run that are drawn, the last ones: a picture takes half a second, as long as the numbers
MOST_PICTURES = 2


class BacktestConfig(dg.Config):
    """Which sensors to forecast again, and for which local days, such as 2026-01-31."""

    sensors: list[str]
    first: str
    last: str


@dg.asset(
    group_name="forecasting",
    kinds={"postgres"},
    partitions_def=partitions.dates,
    backfill_policy=dg.BackfillPolicy.single_run(),
    deps=[
        dg.AssetDep(forecasts, partition_mapping=EARLIER),
        "sensor_readings",
        "prices",
        "repaired_readings",
    ],
    metadata={"dagster/table_name": "flex.forecast_accuracy"},
)
def forecast_accuracy(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
    """How far forecasts were from what was measured on the day: a row for each sensor, model, lead and hour.

    Read by accuracy reports, and through `flex.current_forecast_accuracy`. A later correction of a reading changes
    its day alone.
    """
    for key in context.partition_keys:
        day = date.fromisoformat(key)
        rows = pipeline.measure_accuracy(day)
        metadata: dict[str, object] = {"steps": int(rows["n"].sum()), "sensors": _table(rows, ["sensor"])}
        if rows.height and key in context.partition_keys[-MOST_PICTURES:]:
            metadata["plot"] = _picture(_until(pipeline, day))
        context.add_asset_metadata(metadata, partition_key=key)


@dg.asset(
    group_name="forecasting",
    kinds={"scikitlearn", "postgres"},
    deps=["sensor_readings", "prices", "repaired_readings"],
    metadata={"dagster/table_name": "flex.forecast_accuracy"},
)
def backtest(context: dg.AssetExecutionContext, pipeline: PipelineResource, config: BacktestConfig) -> None:
    """What the pipeline would have forecast of some sensors on past days, and what was measured: a row as above.

    The same as `flex-pipeline backtest`. Every forecast is made from what was believed at its planning time.
    """
    first, last = date.fromisoformat(config.first), date.fromisoformat(config.last)
    metadata: dict[str, object] = {}
    for name in config.sensors:
        done = pipeline.backtester.backtest(name, first, last, pipeline.now())
        metadata[name] = _picture(backtest_picture(done))
        metadata[f"{name} by lead"] = _table(done.rows, ["model", "lead_hours"])
        metadata[f"{name} without history"] = len(done.without_history)
    context.add_output_metadata(metadata)


def _until(pipeline: PipelineResource, day: date) -> Accuracy:
    """The weeks until a day."""
    with pipeline.warehouse.engine.connect() as session:
        rows = read_accuracy(session, "live", day - SHOWN, day)
    kinds = {name: str(sensor.kind) for name, sensor in pipeline.portfolio.sensors.items()}
    return live_picture(f"Forecasts until {day}", rows.filter(pl.col("sensor").is_in(list(kinds))), kinds)


def _table(rows: pl.DataFrame, by: list[str]) -> dg.TableMetadataValue:
    names = [*by, "n", *WEIGHTED, "rmae"]
    records = [
        dg.TableRecord({name: _text(row[name]) for name in names})
        for row in summed_up(rows, by).iter_rows(named=True)
    ]
    return dg.MetadataValue.table(
        records, schema=dg.TableSchema(columns=[dg.TableColumn(name, "string") for name in names])
    )


def _text(value: object) -> str:
    return f"{value:.4g}" if isinstance(value, float) else "" if value is None else str(value)


def _picture(found: Accuracy) -> dg.MarkdownMetadataValue:
    picture = base64.b64encode(plot_accuracy(found)).decode()
    return dg.MetadataValue.md(f"![{found.title}](data:image/png;base64,{picture})")


assets = [forecast_accuracy, backtest]
