"""Ingestion: the portfolio, and what its sources hold for a day."""

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date

import dagster as dg

from flex_pipeline.defs import partitions
from flex_pipeline.defs.resources import PipelineResource
from flex_pipeline.planning.ingestion import Ingested, ingest
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import Together, asked_together
from flex_pipeline.warehouse.portfolios import store_portfolio

# What each feed reads, by kind of sensor; `sensor_readings` reads the rest.
FEEDS = {"prices": ("price",), "weather": ("temperature", "irradiance")}
FEED_NAMES = ("prices", "weather", "sensor_readings")
DESCRIPTIONS = {
    "prices": "Day-ahead prices: one belief per market, hour and time of knowing. Read by forecasts and plans.",
    "weather": "Temperature and irradiance at the sites, as beliefs. Read by forecasts.",
    "sensor_readings": "Meters, car calendars and heat demand, as beliefs. Read by forecasts and plans.",
}


def feed_of(sensor: Sensor) -> str:
    """The feed that reads a sensor."""
    return next((feed for feed, kinds in FEEDS.items() if sensor.kind in kinds), "sensor_readings")


def sensors_of(feed: str, portfolio: Portfolio) -> list[Sensor]:
    """The sensors that a feed reads."""
    return [sensor for sensor in portfolio.sensors.values() if feed_of(sensor) == feed]


@dg.asset(name="portfolio", group_name="ingestion", kinds={"yaml", "postgres"})
def portfolio_asset(
    context: dg.AssetExecutionContext, pipeline: PipelineResource
) -> dg.MaterializeResult[None]:
    """Sites, devices and sensors as the YAML files describe them, a version per content. Syncs `device` keys."""
    portfolio = pipeline.portfolio
    with pipeline.warehouse.engine.begin() as session:
        version = store_portfolio(session, portfolio)
    wanted = [device.device_id for device in portfolio.devices]
    known = set(context.instance.get_dynamic_partitions(partitions.DEVICES))
    context.instance.add_dynamic_partitions(partitions.DEVICES, [d for d in wanted if d not in known])
    return dg.MaterializeResult(
        metadata={
            "version": version,
            "sites": len(portfolio.sites),
            "devices": len(wanted),
            "sensors": len(portfolio.sensors),
            "dagster/table_name": "flex.portfolio_version",
        }
    )


def _feed(name: str) -> dg.AssetsDefinition:
    @dg.asset(
        name=name,
        group_name="ingestion",
        kinds={"postgres"},
        partitions_def=partitions.dates,
        backfill_policy=dg.BackfillPolicy.single_run(),
        deps=["portfolio"],
        description=DESCRIPTIONS[name],
        metadata={"dagster/table_name": "flex.belief"},
    )
    def feed(context: dg.AssetExecutionContext, pipeline: PipelineResource) -> None:
        portfolio = pipeline.portfolio
        sensors = sensors_of(name, portfolio)
        days = [date.fromisoformat(key) for key in context.partition_keys]
        together = _together(name, pipeline, days)
        for key, day in zip(context.partition_keys, days, strict=True):
            now = pipeline.now()
            done = ingest(pipeline.warehouse.engine, sensors, portfolio.folder, day, now, together)
            for sensor, fault in done.unreadable.items():
                context.log.error(f"{key} {sensor}: {fault}")
            for notice in done.notices:
                context.log.warning(f"{key} {notice}")
            context.add_asset_metadata(_describe(done), partition_key=key)

    return feed


_backfilled: dict[str, Together] = {}  # by feed, while a backfill lasts
_days_of_backfill: list[date] = []


@contextmanager
def backfill_of(days: Sequence[date]) -> Iterator[None]:
    """Let the runs of this process, each of one date, ask servers for all of these days together."""
    _days_of_backfill[:] = days
    try:
        yield
    finally:
        _days_of_backfill.clear()
        _backfilled.clear()


def _together(feed: str, pipeline: PipelineResource, days: Sequence[date]) -> Together:
    sensors = sensors_of(feed, pipeline.portfolio)
    if not set(days) <= set(_days_of_backfill):
        return asked_together(sensors, days, pipeline.now())
    if feed not in _backfilled:
        _backfilled[feed] = asked_together(sensors, _days_of_backfill, pipeline.now())
    return _backfilled[feed]


def _describe(done: Ingested) -> dict[str, dg.MetadataValue]:
    return {
        "dagster/partition_row_count": dg.MetadataValue.int(done.rows),
        "new_beliefs": dg.MetadataValue.int(done.stored),
        "notices": dg.MetadataValue.int(len(done.notices)),
        "unreadable_sensors": dg.MetadataValue.int(len(done.unreadable)),
    }


prices, weather, sensor_readings = (_feed(name) for name in FEED_NAMES)
assets = [portfolio_asset, prices, weather, sensor_readings]
