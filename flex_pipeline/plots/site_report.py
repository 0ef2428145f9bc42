"""The report of a site as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from flex_pipeline.plots import style, svg, waterfall
from flex_pipeline.plots.page import Rows, cards, page, table
from flex_pipeline.plots.style import Array
from flex_pipeline.portfolio.flex_context import ELECTRICITY

SMALL = 110  # height of the chart of a stock
MOST_CHARTS = 3  # of stocks, as their sizes differ; all in one where there are more
MOST_DAYS = 62  # that are drawn: a phone opens a page of 3 MB


@dataclass(frozen=True)
class SiteReport:
    """What the reports say of a site for some local days; rows as they stand in the marts."""

    site_id: str
    timezone: ZoneInfo
    first: date
    last: date
    currency: str
    days: Rows  # reports.site_cost_daily
    components: Rows  # reports.cost_component_daily, summed by component
    savings: Rows  # reports.saving_daily, summed by baseline
    self_consumption: Rows  # reports.self_consumption_daily, summed by way
    devices: Rows  # reports.device_energy_daily, summed by device
    limits: Rows  # reports.flexibility_value_daily, summed by limit
    faults: Rows  # reports.data_quality_daily, where something is wrong
    steps: pl.DataFrame  # reports.site_step with the limits and bands of reports.headroom, by time
    device_steps: pl.DataFrame  # reports.device_step, by device and time
    soc_bounds_kwh: Mapping[tuple[date, str], tuple[float, float]]  # soc-min and soc-max by day and device


def html(report: SiteReport) -> str:
    """The whole page."""
    period = f"{report.first} to {report.last}" if report.last > report.first else f"{report.first}"
    bars = waterfall.bars(waterfall.components_of(report.components))
    body = [
        f"<h1>{escape(report.site_id)}</h1><p>{period} · {report.timezone} · amounts in {report.currency}</p>",
        _cards(report, bars),
        "<h2>Money</h2>",
        f'<div class="money">{svg.waterfall(bars, report.currency)}</div>',
        table("savings", report.savings, SAVINGS),
        '<p class="note">A saving may be borrowed from the stock: what the plan leaves in store more than the '
        "baseline is valued at the mean price of the day. Savings here and costs by day are of energy; above are all "
        "components.</p>",
        "<h2>Days</h2>",
        table("days", report.days, DAYS),
        _key(report),
        f'<div class="days">{"".join(_day(report, row["date"]) for row in report.days[-MOST_DAYS:])}</div>',
        _left_out(report),
        "<h2>Devices</h2>",
        table("devices", report.devices, DEVICES),
        "<h2>Own use</h2>",
        table("self-consumption", report.self_consumption, OWN_USE),
        "<h2>What more of a limit would save</h2>",
        table("limits", report.limits, LIMITS),
        "<h2>What is wrong with the data</h2>",
        table("faults", report.faults, FAULTS),
    ]
    return page(f"{report.site_id}, {period}", body)


DAYS = {
    "date": "date",
    "status": "plan",
    "energy_cost": "energy cost",
    "baseline_energy_cost": "without flexibility",
    "saving": "saving",
    "realised_energy_cost": "realised",
    "peak_consumption_kw": "peak kW",
    "stock_change_kwh": "stock kWh",
}
SAVINGS = {
    "baseline": "against",
    "baseline_energy_cost": "costs",
    "saving": "saving",
    "stock_difference_value": "stock",
}
DEVICES = {
    "device_id": "device",
    "consumed_kwh": "takes kWh",
    "produced_kwh": "gives kWh",
    "energy_cost": "cost",
    "profit": "profit",
}
OWN_USE = {
    "way": "",
    "consumed_kwh": "consumed kWh",
    "produced_kwh": "produced kWh",
    "self_consumption": "of what is produced %",
    "self_sufficiency": "of what is consumed %",
}
LIMITS = {
    "component": "of",
    "family": "limit",
    "binding_steps": "steps",
    "value": "saves",
    "unit": "",
}
FAULTS = {
    "sensor": "sensor",
    "date": "date",
    "errors": "errors",
    "repairs": "repairs",
    "warnings": "warnings",
}


def _cards(report: SiteReport, bars: Sequence[waterfall.Bar]) -> str:
    """What a glance should tell: the totals of the waterfall, and the peak."""
    totals = {bar.name: bar.amount for bar in bars if bar.is_total}
    peak = max((row["peak_consumption_kw"] for row in report.days), default=None)
    return cards(
        {
            f"planned cost {report.currency}": totals["planned"],
            f"realised cost {report.currency}": totals.get("realised"),
            f"saving {report.currency}": totals["no flexibility"] - totals["planned"],
            "peak kW": peak,
        }
    )


def _left_out(report: SiteReport) -> str:
    if len(report.days) <= MOST_DAYS:
        return ""
    return f'<p class="note">Of {len(report.days)} days the last {MOST_DAYS} are drawn.</p>'


def _key(report: SiteReport) -> str:
    """Which colour is what."""
    colours = {"price": style.PRICE, "inflexible load": style.FIXED, "PV": style.SUN, "net": "#000"}
    swatches = {name: svg.swatch(colour) for name, colour in colours.items()}
    looks = style.looks(_names(report))
    swatches |= {_short(name): svg.swatch(look.colour, look.hatch) for name, look in looks.items()}
    lines = {
        "net as it came (dotted)": style.PASSIVE,
        "net if forecasts err (thin)": style.PASSIVE,
        "limits (dashed)": style.LIMIT,
    }
    swatches |= {name: svg.swatch(colour) for name, colour in lines.items()}
    items = (f"<span>{swatch}{escape(name)}</span>" for name, swatch in swatches.items())
    return f'<p class="key">{"".join(items)}</p>{svg.hatches()}'


def _short(device_id: str) -> str:
    """The name of a device at its site."""
    return device_id.split("/")[-1]


def _names(report: SiteReport) -> list[str]:
    return sorted(str(name) for name in report.device_steps["device_id"].unique())


def _day(report: SiteReport, day: date) -> str:
    """The powers of a day over its prices, and below them its stocks."""
    steps = report.steps.filter(pl.col("date") == day)
    devices = report.device_steps.filter(pl.col("date") == day)
    local = steps["event_start"].dt.convert_time_zone(str(report.timezone))
    marks = [(i, f"{at:%H:%M}") for i, at in enumerate(local) if at.minute == 0 and at.hour % 6 == 0]
    pictures = [_powers(report, day, steps, devices, marks)]
    if (stocks := devices.filter(pl.col("soc_kwh").is_not_null())).height:
        pictures += _stocks(report, day, stocks, marks)
    return f"<section><h3>{day:%a} {day}</h3>{''.join(pictures)}</section>"


def _values(frame: pl.DataFrame, name: str) -> Array:
    return frame[name].cast(pl.Float64).fill_null(float("nan")).to_numpy()


def _powers(
    report: SiteReport, day: date, steps: pl.DataFrame, devices: pl.DataFrame, marks: list[tuple[int, str]]
) -> str:
    net, low, high = (
        _values(steps, name) for name in ("net_power_kw", "net_power_low_kw", "net_power_high_kw")
    )
    price = _values(steps, "consumption_price_per_kwh")
    realised = _values(steps, "realised_net_power_kw")
    limits = [
        _near(sign, _values(steps, f"{way}_capacity_kw"), np.concatenate([net, low, high]))
        for sign, way in ((1, "consumption"), (-1, "production"))
    ]
    stacked = list(_stacked(report, steps, devices))
    scale = svg.Scale.around(net, low, high, realised, *limits, *(top for top, *_ in stacked))
    prices = svg.Scale.around(price)
    behind = prices.with_zero_where(scale)
    parts = [svg.area(price, np.zeros_like(price), behind, style.PRICE, f"price {report.currency}/kWh")]
    parts += [svg.area(top, base, scale, look.colour, name, look.hatch) for top, base, look, name in stacked]
    # its outline goes in front, as what is produced would hide prices below zero
    parts.append(svg.line(price, behind, style.PRICE_TEXT, "price", width=0.7))
    parts += [svg.line(edge, scale, style.PASSIVE, "net if forecasts err", width=0.6) for edge in (low, high)]
    parts.append(svg.line(realised, scale, style.PASSIVE, "net as it came", dash="1 3"))
    parts.append(svg.line(net, scale, "#000", "net power"))
    parts += [svg.line(limit, scale, style.LIMIT, "limit", dash="4 3", width=1) for limit in limits]
    parts += [
        svg.axis(scale, "kW"),
        svg.axis(behind, f"{report.currency}/kWh", right=True, colour=style.PRICE_TEXT, values=prices),
    ]
    parts.append(svg.hours(marks, steps.height))
    return svg.chart(parts, f"powers and prices of {report.site_id} on {day}")


def _near(sign: int, limit_kw: Array, powers_kw: Array) -> Array:
    """A limit in its direction where it is near the powers: elsewhere it would flatten them."""
    near_kw = style.FARTHEST_LIMIT * float(np.nanmax(sign * powers_kw, initial=0.0))
    return sign * np.where(limit_kw <= near_kw, limit_kw, np.nan)


def _stacked(
    report: SiteReport, steps: pl.DataFrame, devices: pl.DataFrame
) -> list[tuple[Array, Array, style.Look, str]]:
    """Consumption of electricity piled up above zero, production below it: top, base, look and name of each area."""
    looks = style.looks(_names(report))
    own = devices.filter(pl.col("commodity") == ELECTRICITY).partition_by("device_id", as_dict=True)
    by_device = {str(key[0]): _values(part, "power_kw") for key, part in own.items()}
    taken = sum((np.maximum(kw, 0) for kw in by_device.values()), np.zeros(steps.height))
    given = sum((np.maximum(-kw, 0) for kw in by_device.values()), np.zeros(steps.height))
    load, sun = (style.Look(colour, None, "-") for colour in (style.FIXED, style.SUN))
    parts = [("inflexible load", load, _values(steps, "consumption_kw") - taken)]
    parts += [(name, looks[name], kw) for name, kw in by_device.items()]
    parts.append(("PV", sun, given - _values(steps, "production_kw")))
    above, below = np.zeros(steps.height), np.zeros(steps.height)
    areas = []
    for name, look, kw in parts:
        up, down = above + np.maximum(kw, 0), below + np.minimum(kw, 0)
        areas += [(up, above, look, name), (down, below, look, name)]
        above, below = up, down
    return areas


def _stocks(report: SiteReport, day: date, stocks: pl.DataFrame, marks: list[tuple[int, str]]) -> list[str]:
    """The energy in store at the end of each step, between soc-min and soc-max."""
    curves = {
        str(key[0]): _values(part, "soc_kwh")
        for key, part in stocks.partition_by("device_id", as_dict=True).items()
    }
    if len(curves) <= MOST_CHARTS:
        return [_stock(report, day, {name: soc}, marks) for name, soc in curves.items()]
    return [_stock(report, day, curves, marks)]


def _stock(report: SiteReport, day: date, curves: Mapping[str, Array], marks: list[tuple[int, str]]) -> str:
    looks, names = style.looks(_names(report)), list(curves)
    bounds = report.soc_bounds_kwh.get((day, names[0]), ()) if len(names) == 1 else ()
    scale = svg.Scale.around(*curves.values(), np.array(bounds), height=SMALL)
    steps = curves[names[0]].size
    parts = [
        svg.line(np.full(steps, bound), scale, style.LIMIT, "bound", dash="4 3", width=1) for bound in bounds
    ]
    parts += [svg.curve(soc, scale, looks[name], name) for name, soc in curves.items()]
    unit = f"{_short(names[0])} kWh" if len(names) == 1 else "kWh"
    parts += [svg.axis(scale, unit), svg.hours(marks, steps, SMALL)]
    return svg.chart(parts, f"stock of {', '.join(names)} on {day}", SMALL)
