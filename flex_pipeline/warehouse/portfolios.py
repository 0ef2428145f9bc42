"""Configurations in the warehouse: every version kept, the newest in force."""

from __future__ import annotations

import json
from typing import Any

from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.portfolio.portfolio import Portfolio

VERSION = text("""
    insert into flex.portfolio_version (content_hash, content) values (:hash, cast(:content as jsonb))
    on conflict (content_hash) do update set loaded_at = now()
    returning version_id
""")
SITE = text("""
    insert into flex.site (site_id, timezone, currency, account, latitude, longitude, active, version_id)
    values (:site_id, :timezone, :currency, :account, :latitude, :longitude, true, :version_id)
    on conflict (site_id) do update set
        timezone = excluded.timezone, currency = excluded.currency, account = excluded.account,
        latitude = excluded.latitude, longitude = excluded.longitude, active = true,
        version_id = excluded.version_id
""")
DEVICE = text("""
    insert into flex.device (device_id, site_id, name, type, partition_key, flex_model, active, version_id)
    values (:device_id, :site_id, :name, :type, :device_id, cast(:flex_model as jsonb), true, :version_id)
    on conflict (device_id) do update set
        type = excluded.type, partition_key = excluded.partition_key, flex_model = excluded.flex_model,
        active = true, version_id = excluded.version_id
""")
SENSOR = text("""
    insert into flex.sensor (name, site_id, kind, unit, resolution, active, version_id)
    values (:name, :site_id, :kind, :unit, :resolution, true, :version_id)
    on conflict (name) do update set
        site_id = excluded.site_id, kind = excluded.kind, unit = excluded.unit,
        resolution = excluded.resolution, active = true, version_id = excluded.version_id
""")
AGGREGATE = text("""
    insert into flex.aggregate (name, site_id, timezone, unit, constant, resolution, version_id)
    values (:name, :site, :timezone, :unit, :constant, :resolution, :version_id)
""")
WEIGHT = text("insert into flex.aggregate_weight values (:name, :sensor, :weight)")


class UnitChangedError(ValueError):
    """A sensor whose values are stored in another unit or step than the portfolio now says."""


def store_portfolio(session: Session, portfolio: Portfolio) -> int:
    """Make a configuration the one in force; what is no longer in it stays, inactive. Gives its version."""
    _refuse_changed_units(session, portfolio)
    content = json.dumps(portfolio.content())
    found = session.execute(VERSION, {"hash": portfolio.content_hash(), "content": content})
    version_id = int(found.scalar_one())
    for table in ("site", "device", "sensor"):
        session.execute(
            text(f"update flex.{table} set active = false where version_id <> :v"), {"v": version_id}
        )
    for site in portfolio.sites:
        session.execute(
            SITE,
            {
                "site_id": site.site_id,
                "timezone": site.timezone,
                "currency": portfolio.settings.currency,
                "account": site.account,
                "latitude": site.latitude,
                "longitude": site.longitude,
                "version_id": version_id,
            },
        )
    for device in portfolio.devices:
        session.execute(
            DEVICE,
            {
                "device_id": device.device_id,
                "site_id": device.site_id,
                "name": device.name,
                "type": device.type,
                "flex_model": json.dumps(device.flex_model),
                "version_id": version_id,
            },
        )
    for sensor in portfolio.sensors.values():
        session.execute(
            SENSOR,
            {
                "name": sensor.name,
                "site_id": sensor.site,
                "kind": sensor.kind,
                "unit": sensor.unit,
                "resolution": sensor.resolution,
                "version_id": version_id,
            },
        )
    _store_aggregates(session, portfolio, version_id)
    return version_id


def _store_aggregates(session: Session, portfolio: Portfolio, version_id: int) -> None:
    """In the place of those of the configuration before; the weights are those of values as they are stored."""
    session.execute(text("delete from flex.aggregate"))
    for aggregate in portfolio.aggregates:
        described = aggregate.model_dump(include={"name", "site", "timezone", "unit"})
        described |= {
            "constant": aggregate.constant_value,
            "resolution": aggregate.resolution(portfolio.sensors),
            "version_id": version_id,
        }
        session.execute(AGGREGATE, described)
        for sensor, weight in aggregate.weights.items():
            converted = weight * aggregate.in_its_unit(portfolio.sensors[sensor].unit)
            session.execute(WEIGHT, {"name": aggregate.name, "sensor": sensor, "weight": converted})


def _refuse_changed_units(session: Session, portfolio: Portfolio) -> None:
    stored = session.execute(
        text("""
            select name, unit, resolution from flex.sensor as s
            where exists (select from flex.belief as b where b.sensor_id = s.sensor_id)
        """)
    )
    for name, unit, resolution in stored:
        sensor = portfolio.sensors.get(str(name))
        if sensor and (sensor.unit, sensor.resolution) != (unit, resolution):
            raise UnitChangedError(
                f'sensor {name}: its values are stored in "{unit}" per {resolution}, and the portfolio now says '
                f'"{sensor.unit}" per {sensor.resolution}; give the series a new name'
            )


def read_content(session: Session, version_id: int) -> dict[str, Any]:
    """The content of a version."""
    found = session.execute(
        text("select content from flex.portfolio_version where version_id = :version"),
        {"version": version_id},
    )
    return dict(found.scalar_one())


def version_in_force(session: Session, portfolio: Portfolio) -> int:
    """The version of a configuration that has been loaded. LookupError when it has not."""
    found = session.execute(
        text("select version_id from flex.portfolio_version where content_hash = :hash"),
        {"hash": portfolio.content_hash()},
    ).scalar()
    if found is None:
        raise LookupError(
            f"the portfolio in {portfolio.folder} has changed since it was loaded: materialise the asset portfolio"
        )
    return int(found)
