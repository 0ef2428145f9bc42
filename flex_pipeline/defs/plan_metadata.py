"""What the UI shows of a planned device-day: its status, what it costs, how it was solved, and a picture."""

from __future__ import annotations

import base64
from collections.abc import Mapping, Sequence
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import polars as pl
from sqlalchemy import Engine

from flex_pipeline.planning.planner import Outcome
from flex_pipeline.plots.schedule import DeviceDay, bounds_of, plot_device_day
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.warehouse.plans import read_device_days, read_device_steps, read_inputs, read_limits

FACTS = ("total_cost", "gap", "primal_violation", "build_seconds", "solve_seconds", "variables", "binaries")
ORIGINS = {"sensor": "string", "origin": "string", "rule": "string", "steps": "int"}
MOST_VALUABLE = 10  # of the limits: the event log keeps all metadata of every partition


def describe(
    engine: Engine, portfolio: Portfolio, outcome: Outcome, *, pictures: bool = True
) -> Mapping[str, dict[str, Any]]:
    """Metadata of each device of a planned site-day, by device id, from what is stored.

    Without `pictures`, the command that draws the site stands in their place.
    """
    if outcome.site_id not in portfolio.site_by_id:
        return {}
    with engine.connect() as session:
        rows = read_device_days(session, outcome.site_id, outcome.day)
        steps = read_device_steps(session, outcome.site_id, outcome.day)
        limits = read_limits(session, outcome.site_id, outcome.day)
        inputs = read_inputs(session, outcome.site_id, outcome.day)
    parts = steps.partition_by("device_id", as_dict=True)
    sensors = portfolio.sensors_of_devices()
    described = {}
    for row in rows:
        metadata: dict[str, Any] = {
            "status": row["status"],
            "run_id": row["run_id"],
            "planned_as_of": row["planning_time"].isoformat(),
            **{f"site_{name}": row[name] for name in FACTS if row[name] is not None},
        }
        metadata |= {name: row[name] for name in ("reason", "diagnosis") if row[name]}
        name = row["device_id"].removeprefix(f"{outcome.site_id}/")
        if read := [given for given in inputs if given["sensor"] in sensors.get(row["device_id"], ())]:
            metadata["inputs"] = _table(read, ORIGINS)
        if own := [limit for limit in limits if limit["component"] in ("site", name)]:
            metadata["limits"] = _limits(own[:MOST_VALUABLE])
        if (part := parts.get((row["device_id"],))) is not None:
            metadata |= _of_the_day(part)
            metadata["plot"] = dg.MetadataValue.md(
                _picture(part, row["device_id"], metadata["energy_at_price"], outcome, portfolio)
                if pictures
                else f"`flex-pipeline plot {outcome.site_id} {outcome.day}`"
            )
        described[row["device_id"]] = metadata
    return described


def _limits(limits: Sequence[Mapping[str, Any]]) -> dg.TableMetadataValue:
    """What one more unit of each limit is worth, most first: over the day, and in the step that needs it most."""
    types = {"component": "string", "family": "string", "unit": "string", "steps": "int"}
    types |= {"worth": "float", "highest": "float"}
    return _table(limits, types)


def _table(rows: Sequence[Mapping[str, Any]], types: Mapping[str, str]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
        [dg.TableRecord({name: row[name] for name in types}) for row in rows],
        schema=dg.TableSchema(columns=[dg.TableColumn(name, kind) for name, kind in types.items()]),
    )


def _of_the_day(part: pl.DataFrame) -> dict[str, Any]:
    hours = _step_hours(part)
    price = pl.when(pl.col("power_kw") > 0).then("consumption_price").otherwise("production_price")
    return {
        "energy_at_price": float(part.select((pl.col("power_kw") * price).sum() * hours).item()),
        "consumed_kwh": float((part["power_kw"].clip(lower_bound=0) * hours).sum()),
        "produced_kwh": float((-part["power_kw"].clip(upper_bound=0) * hours).sum()),
    }


def _step_hours(part: pl.DataFrame) -> float:
    hours: float = (part["event_end"][0] - part["event_start"][0]).total_seconds() / 3600
    return hours


def _picture(part: pl.DataFrame, device_id: str, cost: float, outcome: Outcome, portfolio: Portfolio) -> str:
    """A plot of a device's day, in Markdown."""
    site = portfolio.site(outcome.site_id)
    device = next(device for device in site.devices if device.device_id == device_id)
    day = DeviceDay(
        device_id=device_id,
        day=outcome.day,
        timezone=ZoneInfo(site.timezone),
        starts=part["event_start"].dt.replace_time_zone(None).to_numpy(),
        step_hours=_step_hours(part),
        price=part["consumption_price"].to_numpy(),
        power_kw=part["power_kw"].to_numpy(),
        soc_kwh=None if part["soc_kwh"].is_null().any() else part["soc_kwh"].to_numpy(),
        soc_bounds_kwh=bounds_of(device.flex_model),
        cost=cost,
        currency=portfolio.settings.currency,
    )
    picture = base64.b64encode(plot_device_day(day)).decode()
    return f"![{device_id} on {outcome.day}](data:image/png;base64,{picture})"
