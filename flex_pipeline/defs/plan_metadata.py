"""What the UI shows of a planned device-day: its status, what it costs and why, how it was solved, and a picture."""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any
from zoneinfo import ZoneInfo

import dagster as dg
import polars as pl
from sqlalchemy import Engine

from flex_pipeline.planning.planner import Outcome
from flex_pipeline.plots.schedule import (
    ConnectionDay,
    DeviceDay,
    GroupDay,
    bounds_of,
    plot_device_day,
    power_limits_of,
)
from flex_pipeline.plots.style import Array
from flex_pipeline.portfolio.belonging import commodity_of, groups_around
from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.portfolio.portfolio import Portfolio, Site
from flex_pipeline.warehouse.plans import (
    read_connection_steps,
    read_cost_terms,
    read_device_days,
    read_device_steps,
    read_group_steps,
    read_inputs,
    read_limits,
)

FACTS = ("total_cost", "gap", "primal_violation", "build_seconds", "solve_seconds", "variables", "binaries")
ORIGINS = {"sensor": "string", "origin": "string", "rule": "string", "steps": "int"}
MOST_VALUABLE = 10  # of the limits: the event log keeps all metadata of every partition
COST_TERM = {"component": "string", "name": "string", "cost": "float", "currency": "string"}
LIMIT = {
    "component": "string",
    "family": "string",
    "unit": "string",
    "steps": "int",
    "worth": "float",
    "highest": "float",
    "in_words": "string",
}
PRICE = {"from": "string", "price": "float", "marginal_price": "float"}


def describe(
    engine: Engine, portfolio: Portfolio, outcome: Outcome, *, pictures: bool = True
) -> Mapping[str, dict[str, Any]]:
    """Metadata of each device of a planned site-day, by device id, from what is stored.

    Without `pictures`, the command that draws the site stands in their place, and marginal prices are left out.
    """
    if outcome.site_id not in portfolio.site_by_id:
        return {}
    site = portfolio.site(outcome.site_id)
    with engine.connect() as session:
        rows = read_device_days(session, site.site_id, outcome.day)
        steps = read_device_steps(session, site.site_id, outcome.day)
        limits = read_limits(session, site.site_id, outcome.day)
        terms = read_cost_terms(session, site.site_id, outcome.day)
        inputs = read_inputs(session, site.site_id, outcome.day)
        groups = read_group_steps(session, site.site_id, outcome.day) if pictures and site.groups else None
        connections = read_connection_steps(session, site.site_id, outcome.day) if pictures else None
    parts = steps.partition_by("device_id", as_dict=True)
    sensors = portfolio.sensors_of_devices()
    described = {}
    for row in rows:
        device_id = row["device_id"]
        metadata = _of_the_plan(row, terms, [x for x in limits if x["component"] in _around(site, device_id)])
        if read := [given for given in inputs if given["sensor"] in sensors.get(device_id, ())]:
            metadata["inputs"] = _table(ORIGINS, read)
        if (part := parts.get((device_id,))) is not None:
            metadata |= _of_the_day(part)
            if connections is None:
                metadata["plot"] = _command(outcome)
            else:
                metadata |= Drawn(portfolio, site, outcome, device_id, part, groups, connections).metadata()
        # what people look for comes first; the money of the site is known when the reports are made
        first = {name: metadata[name] for name in ("status", "plot") if name in metadata}
        page = dg.MetadataValue.asset(dg.AssetKey("portfolio_page"))
        described[device_id] = {**first, "cost_of_the_site": page, **metadata}
    return described


def _of_the_plan(
    row: Mapping[str, Any], terms: Sequence[Mapping[str, Any]], limits: Sequence[Mapping[str, Any]]
) -> dict[str, Any]:
    """What is told of the plan of the whole site, and which of its limits matter to a device."""
    metadata: dict[str, Any] = {
        "status": row["status"],
        "run_id": row["run_id"],
        "planned_as_of": row["planning_time"].isoformat(),
        **{f"site_{name}": row[name] for name in FACTS if row[name] is not None},
    }
    metadata |= {name: row[name] for name in ("reason", "diagnosis") if row[name]}
    if terms:
        metadata["site_cost_terms"] = _table(COST_TERM, terms)
    if limits:
        told = [{**limit, "in_words": _in_words(limit)} for limit in limits[:MOST_VALUABLE]]
        metadata["limits"] = _table(LIMIT, told)
    return metadata


def _around(site: Site, device_id: str) -> set[str]:
    """Whose limits a device is subject to: its own, its groups', its commodity's and those of the connection."""
    name = device_id.removeprefix(f"{site.site_id}/")
    entries = {device.name: {"flex_model": device.flex_model} for device in site.devices}
    entries |= {group: {"flex_model": model} for group, model in site.groups.items()}
    return {"site", name, commodity_of(entries.get(name, {})), *groups_around(name, entries)}


def _in_words(limit: Mapping[str, Any]) -> str:
    """What one more unit of a limit is worth, in the step that needs it most and over the day."""
    currency, unit = limit["unit"].split("/")
    return (
        f"1 {unit} wider, {limit['family'].replace('_', ' ')} of {limit['component']} saves up to "
        f"{limit['highest']:.4f} {currency} in a step, {limit['worth']:.4f} in all {limit['steps']} it binds in"
    )


def _table(columns: Mapping[str, str], rows: Sequence[Mapping[str, Any]]) -> dg.TableMetadataValue:
    return dg.MetadataValue.table(
        [dg.TableRecord({name: row[name] for name in columns}) for row in rows],
        schema=dg.TableSchema(columns=[dg.TableColumn(name, kind) for name, kind in columns.items()]),
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


def _command(outcome: Outcome) -> dg.MarkdownMetadataValue:
    return dg.MetadataValue.md(f"`flex-pipeline plot {outcome.site_id} {outcome.day}`")


@dataclass(frozen=True)
class Drawn:
    """A device-day in pictures and step by step."""

    portfolio: Portfolio
    site: Site
    outcome: Outcome
    device_id: str
    steps: pl.DataFrame
    groups: pl.DataFrame | None  # the steps of the groups of all devices
    connections: pl.DataFrame  # the steps of the connections of the site

    def metadata(self) -> dict[str, Any]:
        """The picture, and the marginal price from each step on at which it or the price changes."""
        found: dict[str, Any] = {"plot": dg.MetadataValue.md(self._picture())}
        if self.steps["marginal_price"].null_count() == 0:
            found["marginal_prices"] = _table(PRICE, list(self._prices()))
        return found

    def _prices(self) -> Iterator[dict[str, Any]]:
        zone, before = ZoneInfo(self.site.timezone), None
        names = ("event_start", "consumption_price", "marginal_price")
        for start, price, marginal_price in self.steps.select(names).iter_rows():
            now = {"price": round(price, 5), "marginal_price": round(marginal_price, 5)}
            if now != before:
                yield {"from": start.astimezone(zone).isoformat(timespec="minutes"), **now}
            before = now

    def _picture(self) -> str:
        """A plot of the day, in Markdown."""
        picture = base64.b64encode(plot_device_day(self._day())).decode()
        return f"![{self.device_id} on {self.outcome.day}](data:image/png;base64,{picture})"

    def _day(self) -> DeviceDay:
        steps = self.steps
        device = next(device for device in self.site.devices if device.device_id == self.device_id)
        # what cannot be bought has no price, but is worth something all the same
        bought = bool((steps["consumption_price"] != 0).any())
        price = "consumption_price" if bought or steps["marginal_price"].null_count() else "marginal_price"
        return DeviceDay(
            device_id=self.device_id,
            day=self.outcome.day,
            timezone=ZoneInfo(self.site.timezone),
            starts=steps["event_start"].dt.replace_time_zone(None).to_numpy(),
            step_hours=_step_hours(steps),
            price=steps[price].to_numpy(),
            power_kw=steps["power_kw"].to_numpy(),
            soc_kwh=None if steps["soc_kwh"].is_null().any() else steps["soc_kwh"].to_numpy(),
            soc_bounds_kwh=bounds_of(device.flex_model),
            cost=_of_the_day(steps)["energy_at_price"],
            currency=self.portfolio.settings.currency,
            price_is=_price_name(steps["commodity"][0], price),
            groups=tuple(self._groups()),
            connection=self._connection(),
            power_limits_kw=power_limits_of(device.flex_model),
        )

    def _connection(self) -> ConnectionDay | None:
        """The one of the device's commodity, where it has one."""
        commodity = self.steps["commodity"][0]
        own = self.connections.filter(pl.col("commodity") == commodity)
        if own.is_empty():
            return None
        flows = ("inflexible_consumption_kw", "inflexible_production_kw", "net_power_kw")
        limits = ("consumption_capacity_kw", "production_capacity_kw")
        return ConnectionDay(commodity, *(_numbers(own[name]) for name in (*flows, *limits)))

    def _groups(self) -> Iterator[GroupDay]:
        if self.groups is None:
            return
        own = self.groups.filter(pl.col("device_id") == self.device_id)
        for part in own.partition_by("group_name", maintain_order=True):
            capacities = (_numbers(part[f"{way}_capacity_kw"]) for way in ("consumption", "production"))
            yield GroupDay(part["group_name"][0], part["net_power_kw"].to_numpy(), *capacities)


def _price_name(commodity: str, price: str) -> str:
    """What the price in a picture is of."""
    name = "marginal price" if price == "marginal_price" else "price"
    return name if commodity == ELECTRICITY else f"{commodity} {name}"


def _numbers(column: pl.Series) -> Array:
    """NaN where nothing is stored."""
    return column.fill_null(float("nan")).to_numpy()
