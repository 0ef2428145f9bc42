"""What a planned day costs besides energy: as planned, without flexibility, and as it came."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import polars as pl
from numpy.typing import NDArray

from flex_pipeline.portfolio.flex_context import ELECTRICITY
from flex_pipeline.scheduling.costs import stock_path
from flex_pipeline.scheduling.day_costs import Flows, day_costs
from flex_pipeline.scheduling.problem import Intensity, Problem, Site, SoftLimit, added_up
from flex_pipeline.timeseries.variable_quantity import parse_variable_quantity

Array = NDArray[np.float64]
PaidPeaks = Mapping[tuple[str, str], tuple[float, float]]  # kW both ways, by way and commodity

PLANNED, PASSIVE, REALISED = "planned", "no flexibility", "realised"


@dataclass(frozen=True)
class Measured:
    """What was measured in the n steps of a day, (n,) each; NaN where nothing was."""

    fixed_kw: Mapping[str, Array]  # by commodity, consumption positive
    intensity: Mapping[str, Intensity]  # by commodity
    power_kw: Mapping[str, Array]  # of devices, by name
    soc_kwh: Mapping[str, Array]

    @classmethod
    def of(cls, site_rows: pl.DataFrame, device_rows: pl.DataFrame) -> Measured:
        """From rows of flex.site_outcome and of flex.device_outcome, those of each commodity and device by time."""
        connections = _arrays(site_rows, "commodity")
        devices = {
            device_id.split("/")[1]: rows for device_id, rows in _arrays(device_rows, "device_id").items()
        }
        return cls(
            {
                commodity: rows["inflexible_consumption_kw"] - rows["inflexible_production_kw"]
                for commodity, rows in connections.items()
            },
            {
                commodity: Intensity(rows["consumption_emissions"], rows["production_emissions"])
                for commodity, rows in connections.items()
            },
            {name: rows["power_kw"] for name, rows in devices.items()},
            {name: rows["soc_kwh"] for name, rows in devices.items()},
        )


def planned_flows(connections: pl.DataFrame, devices: pl.DataFrame, prefix: str = "") -> Flows:
    """The flows of a stored plan; with the prefix `baseline_` those without flexibility."""
    nets = _arrays(connections, "commodity")
    powers = {device_id.split("/")[1]: rows for device_id, rows in _arrays(devices, "device_id").items()}
    return Flows(
        {commodity: rows[f"{prefix}net_power_kw"] for commodity, rows in nets.items()},
        {name: rows[f"{prefix}power_kw"] for name, rows in powers.items()},
        {name: rows[f"{prefix}soc_kwh"] for name, rows in powers.items()},
    )


def realised_flows(day: Problem, planned: Flows, measured: Measured) -> Flows:
    """What was measured, with devices as planned where they have no meter; of connections that are measured in full."""
    power_kw = _known_first(measured.power_kw, planned.power_kw)
    net_kw = {
        commodity: fixed_kw + added_up(power_kw, _devices_on(day, commodity, power_kw), day.grid.n)
        for commodity, fixed_kw in measured.fixed_kw.items()
        if commodity in planned.net_kw and not np.isnan(fixed_kw).any()
    }
    return Flows(net_kw, power_kw, _known_first(measured.soc_kwh, _followed_kwh(day, power_kw)))


def cost_rows(
    day: Problem,
    ways: Mapping[str, Flows],
    measured: Measured,
    contexts: Mapping[str, Mapping[str, Any]],
    paid: PaidPeaks,
) -> pl.DataFrame:
    """The rows of flex.day_cost but for their run and billing period: one a way and commodity.

    `day`: the steps of the day in the problem of its plan. `contexts`: the flex-context of each commodity.
    `paid`: what earlier days of the billing period have reached; what a plan knew of it is in its problem.
    """
    rows: list[dict[str, Any]] = []
    for way, flows in ways.items():
        problem = day if way == PLANNED else _with_paid_peaks(day, contexts, paid, way)
        if way == REALISED:
            problem = _with_measured_intensity(problem, measured)
        rows += _rows(way, problem, flows)
    return pl.DataFrame(rows)


def _rows(way: str, day: Problem, flows: Flows) -> Iterator[dict[str, Any]]:
    for commodity, costs in day_costs(day, flows).items():
        net_kw = flows.net_kw[commodity]
        yield {
            "way": way,
            "commodity": commodity,
            "peak_cost": costs.peaks,
            "breach_cost": costs.breaches,
            "commitment_cost": costs.commitments,
            "wear_cost": costs.wear,
            "emissions_cost": costs.emissions,
            "peak_consumption_kw": max(0.0, float(net_kw.max())),
            "peak_production_kw": max(0.0, float(-net_kw.min())),
            "stock_kwh": sum(
                float(flows.soc_kwh[stock.name][-1])
                for stock in day.stocks
                if day.commodity.get(stock.name, ELECTRICITY) == commodity
            ),
        }


def _arrays(rows: pl.DataFrame, key: str) -> dict[str, dict[str, Array]]:
    """The numbers of each column, by the value of the key; NaN for null."""
    if not rows.height:
        return {}
    return {
        value: {name: part[name].to_numpy() for name, kind in part.schema.items() if kind == pl.Float64}
        for (value,), part in rows.partition_by(key, as_dict=True).items()
    }


def _devices_on(day: Problem, commodity: str, power_kw: Mapping[str, Array]) -> frozenset[str]:
    return frozenset(name for name in power_kw if day.commodity.get(name, ELECTRICITY) == commodity)


def _known_first(measured: Mapping[str, Array], otherwise: Mapping[str, Array]) -> dict[str, Array]:
    return {
        name: np.where(np.isnan(measured[name]), values, measured[name]) if name in measured else values
        for name, values in otherwise.items()
    }


def _followed_kwh(day: Problem, power_kw: Mapping[str, Array]) -> dict[str, Array]:
    """What the powers of devices leave in each stock at the end of each step."""
    return {
        stock.name: stock_path(
            stock,
            [
                (storage, np.maximum(power_kw[storage.name], 0.0), np.maximum(-power_kw[storage.name], 0.0))
                for storage in day.storages
                if storage.stock == k
            ],
        )[1:]
        for k, stock in enumerate(day.stocks)
    }


def _with_connections(day: Problem, changed: Callable[[Site], Site]) -> Problem:
    return replace(day, site=changed(day.site), others=tuple(changed(site) for site in day.others))


def _with_measured_intensity(day: Problem, measured: Measured) -> Problem:
    """The same with the CO2 of a kWh as it came, where that is known."""

    def changed(site: Site) -> Site:
        came = measured.intensity.get(site.commodity)
        if site.intensity is None or came is None:
            return site
        pairs = (
            (came.consumption, site.intensity.consumption),
            (came.production, site.intensity.production),
        )
        return replace(site, intensity=Intensity(*(np.where(np.isnan(new), old, new) for new, old in pairs)))

    return _with_connections(day, changed)


def _with_paid_peaks(
    day: Problem, contexts: Mapping[str, Mapping[str, Any]], paid: PaidPeaks, way: str
) -> Problem:
    """The same with peaks to be paid for above what earlier days of the billing period had in some way."""

    def changed(site: Site) -> Site:
        context = contexts.get(site.commodity, {})
        import_kw, export_kw = paid.get((way, site.commodity), (0.0, 0.0))

        def above(peak: SoftLimit | None, direction: str, kw: float) -> SoftLimit | None:
            if peak is None:
                return None
            free = parse_variable_quantity(context.get(f"site-peak-{direction}", "0 kW"), "power")
            # a step for which none is stated is free, as in the problem
            free_kw = np.nan_to_num(free.on(day.grid, overlap="min"), nan=np.inf)
            return replace(peak, limit=np.maximum(free_kw, kw))

        return replace(
            site,
            import_peak=above(site.import_peak, "consumption", import_kw),
            export_peak=above(site.export_peak, "production", export_kw),
        )

    return _with_connections(day, changed)
