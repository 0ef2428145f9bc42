"""The report of a site as one HTML page that needs nothing else: no script, no font, no picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from html import escape
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

from flex_pipeline.plots import style, svg
from flex_pipeline.plots.style import Array

Rows = Sequence[Mapping[str, Any]]

SMALL = 110  # height of the chart of a stock
BAND = "#d9d9d9"
GAIN, LOSS = "#009e73", "#d55e00"
CSS = """
:root{color-scheme:light}*{box-sizing:border-box}
body{font:16px/1.45 system-ui,sans-serif;color:#222;max-width:70rem;margin:0 auto;padding:1rem}
h1{margin:0}h2{margin:2rem 0 .5rem}h3{margin:1rem 0 .2rem;font-size:1rem}p{margin:.3rem 0}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem;margin:1rem 0}
.card{border:1px solid #ddd;border-radius:.5rem;padding:.6rem .8rem}.card b{display:block;font-size:1.35rem}
.days{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{padding:.3rem .5rem;text-align:right;border-bottom:1px solid #eee;white-space:nowrap}
th:first-child,td:first-child{text-align:left}svg{width:100%;height:auto;display:block}
svg text{font-size:11px;fill:#555}.key{display:flex;flex-wrap:wrap;gap:.2rem .9rem;font-size:.85rem}
.key i{display:inline-block;width:.8em;height:.8em;margin-right:.3em;border-radius:.15em}
.note{color:#555;font-size:.9rem}
"""


@dataclass(frozen=True)
class SiteReport:
    """What the reports say of a site for some local days; rows as they stand in the marts."""

    site_id: str
    timezone: ZoneInfo
    first: date
    last: date
    currency: str
    days: Rows  # reports.site_cost_daily
    savings: Rows  # reports.saving_daily, summed by baseline
    self_consumption: Rows  # reports.self_consumption_daily, summed by way
    devices: Rows  # reports.device_energy_daily, summed by device
    limits: Rows  # reports.flexibility_value_daily, summed by limit
    faults: Rows  # reports.data_quality_daily, where something is wrong
    steps: pl.DataFrame  # reports.site_step with the limits and bands of reports.headroom, by time
    device_steps: pl.DataFrame  # reports.device_step, by device and time


def html(report: SiteReport) -> str:
    """The whole page."""
    period = f"{report.first} to {report.last}" if report.last > report.first else f"{report.first}"
    body = [
        f"<h1>{escape(report.site_id)}</h1><p>{period} · {report.timezone} · amounts in {report.currency}</p>",
        _cards(report),
        "<h2>Money</h2>",
        _waterfall(report),
        _table("savings", report.savings, SAVINGS),
        '<p class="note">A saving may be borrowed from the stock: what the plan leaves in store more than the '
        "baseline is valued at the mean price of the day.</p>",
        "<h2>Days</h2>",
        _table("days", report.days, DAYS),
        _key(report),
        f'<div class="days">{"".join(_day(report, row["date"]) for row in report.days)}</div>',
        "<h2>Devices</h2>",
        _table("devices", report.devices, DEVICES),
        "<h2>Own use</h2>",
        _table("self-consumption", report.self_consumption, OWN_USE),
        "<h2>What more of a limit would save</h2>",
        _table("limits", report.limits, LIMITS),
        "<h2>What is wrong with the data</h2>",
        _table("faults", report.faults, FAULTS),
    ]
    title = escape(f"{report.site_id}, {period}")
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{title}</title><style>{CSS}</style></head><body>{''.join(body)}</body></html>\n"
    )


DAYS = {
    "date": "date",
    "status": "plan",
    "energy_cost": "cost",
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


def _shown(value: object) -> str:
    if value is None:
        return "–"
    return (
        f"{round(value, 2) + 0.0:.2f}".replace("-", "−") if isinstance(value, float) else escape(str(value))
    )


def _table(name: str, rows: Rows, columns: Mapping[str, str]) -> str:
    if not rows:
        return '<p class="note">Nothing.</p>'
    head = "".join(f"<th>{escape(title)}</th>" for title in columns.values())
    body = "".join(
        f"<tr>{''.join(f'<td data-column={column}>{_shown(row[column])}</td>' for column in columns)}</tr>"
        for row in rows
    )
    return f'<div class="wide"><table id="{name}"><tr>{head}</tr>{body}</table></div>'


def _cards(report: SiteReport) -> str:
    """What a glance should tell."""
    totals = {name: _total(report.days, name) for name in ("energy_cost", "realised_energy_cost", "saving")}
    peak = max((row["peak_consumption_kw"] for row in report.days), default=None)
    cards = {
        "planned cost": totals["energy_cost"],
        "realised cost": totals["realised_energy_cost"],
        "saving": totals["saving"],
        "peak kW": peak,
    }
    boxes = (f'<div class="card">{name}<b>{_shown(value)}</b></div>' for name, value in cards.items())
    return f'<div class="cards">{"".join(boxes)}</div>'


def _total(rows: Rows, column: str) -> float | None:
    """The sum; None where a day is not known."""
    values = [row[column] for row in rows]
    return None if None in values else float(sum(values))


def _waterfall(report: SiteReport) -> str:
    """From what the period costs without flexibility to what it costs, and came to cost."""
    before, planned = (
        float(sum(row[name] for row in report.days)) for name in ("baseline_energy_cost", "energy_cost")
    )
    realised = _total(report.days, "realised_energy_cost")
    bars = [("no flexibility", 0.0, before), ("saving", before, planned), ("plan", 0.0, planned)]
    colours = [style.FIXED, GAIN if planned <= before else LOSS, style.CONSUMPTION]
    if realised is not None:
        bars += [("surprise", planned, realised), ("realised", 0.0, realised)]
        colours += [GAIN if realised <= planned else LOSS, style.PRODUCTION]
    return f'<div style="max-width:40rem">{svg.waterfall(bars, report.currency, colours)}</div>'


def _key(report: SiteReport) -> str:
    """Which colour is what."""
    colours = {"price": style.PRICE, "inflexible load": style.FIXED, "PV": style.SUN, "net": "#000"}
    colours |= {name: look.colour for name, look in style.looks(_names(report)).items()}
    colours |= {"net if forecasts err": BAND, "limit": style.LIMIT}
    items = (f'<span><i style="background:{c}"></i>{escape(name)}</span>' for name, c in colours.items())
    return f'<p class="key">{"".join(items)}</p>'


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
        pictures.append(_stocks(report, day, stocks, marks))
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
    limits = [_values(steps, "consumption_capacity_kw"), -_values(steps, "production_capacity_kw")]
    extent = style.FARTHEST_LIMIT * max(float(np.abs(np.concatenate([net, low, high])).max()), 1e-3)
    near = [np.where(np.abs(limit) <= extent, limit, np.nan) for limit in limits]
    stacked = list(_stacked(report, steps, devices))
    scale = svg.Scale.around(net, low, high, *near, *(top for top, *_ in stacked))
    prices = svg.Scale.around(price)
    behind = prices.with_zero_where(scale)
    parts = [svg.area(price, np.zeros_like(price), behind, style.PRICE, f"price {report.currency}/kWh")]
    parts += [svg.area(top, base, scale, colour, name) for top, base, colour, name in stacked]
    parts.append(f'<g opacity="0.45">{svg.area(high, low, scale, BAND, "net if forecasts err")}</g>')
    parts.append(svg.line(net, scale, "#000", "net power"))
    parts += [svg.line(limit, scale, style.LIMIT, "limit", dash="4 3", width=1) for limit in near]
    parts += [
        svg.axis(scale, "kW"),
        svg.axis(behind, f"{report.currency}/kWh", right=True, colour=style.PRICE_TEXT, values=prices),
    ]
    parts.append(svg.hours(marks, steps.height))
    return svg.chart(parts, f"powers and prices of {report.site_id} on {day}")


def _stacked(
    report: SiteReport, steps: pl.DataFrame, devices: pl.DataFrame
) -> list[tuple[Array, Array, str, str]]:
    """Consumption piled up above zero, production below it: top, base, colour and name of each area."""
    looks = style.looks(_names(report))
    by_device = {
        str(key[0]): _values(part, "power_kw")
        for key, part in devices.partition_by("device_id", as_dict=True).items()
    }
    taken = sum((np.maximum(kw, 0) for kw in by_device.values()), np.zeros(steps.height))
    given = sum((np.maximum(-kw, 0) for kw in by_device.values()), np.zeros(steps.height))
    parts = [("inflexible load", style.FIXED, _values(steps, "consumption_kw") - taken)]
    parts += [(name, looks[name].colour, kw) for name, kw in by_device.items()]
    parts.append(("PV", style.SUN, given - _values(steps, "production_kw")))
    above, below = np.zeros(steps.height), np.zeros(steps.height)
    areas = []
    for name, colour, kw in parts:
        up, down = above + np.maximum(kw, 0), below + np.minimum(kw, 0)
        areas += [(up, above, colour, name), (down, below, colour, name)]
        above, below = up, down
    return areas


def _stocks(report: SiteReport, day: date, stocks: pl.DataFrame, marks: list[tuple[int, str]]) -> str:
    looks = style.looks(_names(report))
    curves = {
        str(key[0]): _values(part, "soc_kwh")
        for key, part in stocks.partition_by("device_id", as_dict=True).items()
    }
    scale = svg.Scale.around(*curves.values(), height=SMALL)
    steps = next(iter(curves.values())).size
    parts = [svg.line(soc, scale, looks[name].colour, name) for name, soc in curves.items()]
    parts += [svg.axis(scale, "kWh"), svg.hours(marks, steps, SMALL)]
    return svg.chart(parts, f"stocks of {report.site_id} on {day}", SMALL)
