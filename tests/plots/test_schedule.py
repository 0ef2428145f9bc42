"""Pictures of plans: size, the hours of days the clock changes, and what must remain visible."""

from __future__ import annotations

import io
from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.colors import to_rgb
from matplotlib.dates import num2date
from matplotlib.figure import Figure
from PIL import Image

from flex_pipeline.plots import style
from flex_pipeline.plots.schedule import (
    CommodityDay,
    ConnectionDay,
    DeviceDay,
    GroupDay,
    SiteDay,
    bounds_of,
    plot_device_day,
    plot_site_day,
    power_limits_of,
)
from flex_pipeline.plots.style import Array, Instants

AMSTERDAM = ZoneInfo("Europe/Amsterdam")
SUMMER, SPRING_CHANGE, AUTUMN_CHANGE = date(2026, 6, 21), date(2026, 3, 29), date(2026, 10, 25)


def quarters(day: date) -> Instants:
    first, last = (
        np.datetime64(datetime.combine(d, time(), AMSTERDAM).astimezone(UTC).replace(tzinfo=None), "us")
        for d in (day, day + timedelta(days=1))
    )
    return np.arange(first, last, np.timedelta64(15, "m"))


def battery_day(day: date = SUMMER) -> DeviceDay:
    starts = quarters(day)
    power = np.zeros(len(starts))
    power[44:52], power[76:84] = 4.0, -3.0
    return DeviceDay(
        device_id="home-01/battery",
        day=day,
        timezone=AMSTERDAM,
        starts=starts,
        step_hours=0.25,
        price=0.2 + 0.1 * np.sin(np.arange(len(starts)) / 8),
        power_kw=power,
        soc_kwh=1 + np.cumsum(power) / 4,
        soc_bounds_kwh=(1.0, 10.0),
        cost=-1.234,
        currency="EUR",
    )


def home_day(**changes: Any) -> SiteDay:
    battery = battery_day()
    assert battery.soc_kwh is not None
    load, solar = np.full(96, 0.5), np.zeros(96)
    solar[32:64] = 3.0
    home = SiteDay(
        site_id="home-01",
        day=SUMMER,
        timezone=AMSTERDAM,
        starts=battery.starts,
        step_hours=0.25,
        price=battery.price,
        device_power_kw={"battery": battery.power_kw},
        inflexible_consumption_kw=load,
        inflexible_production_kw=solar,
        net_power_kw=load + battery.power_kw - solar,
        baseline_net_power_kw=load - solar,
        consumption_capacity_kw=np.full(96, 5.0),
        production_capacity_kw=np.full(96, 4.0),
        soc_kwh={"battery": battery.soc_kwh},
        cost=0.84,
        baseline_cost=3.1,
        currency="EUR",
    )
    return replace(home, **changes)


def pixels(png: bytes) -> np.ndarray[Any, Any]:
    return np.asarray(Image.open(io.BytesIO(png)).convert("RGB")).astype(int)


def count(png: bytes, colour: str) -> int:
    """Pixels within 6 of 255 of a colour: the palette of a picture is not exact."""
    wanted = np.array(to_rgb(colour)) * 255
    return int((np.abs(pixels(png) - wanted).max(axis=2) <= 6).sum())


@pytest.mark.parametrize(("day", "steps"), [(SUMMER, 96), (AUTUMN_CHANGE, 100), (SPRING_CHANGE, 92)])
def test_a_device_day_of_any_length_is_a_small_picture(day: date, steps: int) -> None:
    device = battery_day(day)
    assert len(device.starts) == steps
    png = plot_device_day(device)
    assert pixels(png).shape == (360, 640, 3)
    assert len(png) <= 20_000


def test_a_restless_device_day_is_a_small_picture_too() -> None:
    # nothing compresses worse than noise in price, power and stock at once
    price, power, soc = np.random.default_rng(1).normal(0, 1, (3, 96))
    assert len(plot_device_day(replace(battery_day(), price=price, power_kw=power, soc_kwh=soc))) <= 20_000


@pytest.mark.parametrize(
    ("day", "utc_hours"),
    [
        # local midnight is 22:00 UTC in summer and 23:00 UTC in winter; the clock changes at 01:00 UTC
        (AUTUMN_CHANGE, [22, 3, 7, 11, 15, 19, 23]),
        (SPRING_CHANGE, [23, 2, 6, 10, 14, 18, 22]),
    ],
)
def test_hours_are_local_on_the_days_the_clock_changes(day: date, utc_hours: list[int]) -> None:
    axes = Figure().subplots()
    axes.plot(quarters(day), quarters(day).astype(float))
    style.local_hours(axes, style.edges(quarters(day), 0.25), AMSTERDAM)
    FigureCanvasAgg(axes.figure).draw()  # type: ignore[arg-type,no-untyped-call]
    labels = [label.get_text() for label in axes.get_xticklabels()]
    hours = [num2date(x).hour for x in axes.get_xticks()]  # type: ignore[no-untyped-call]
    texts = ["00:00", "04:00", "08:00", "12:00", "16:00", "20:00", "00:00"]
    assert (labels, hours) == (texts, utc_hours)


def test_a_process_has_no_panel_for_a_stock() -> None:
    battery = battery_day()
    assert count(plot_device_day(battery), style.STOCK) > 0
    assert count(plot_device_day(replace(battery, soc_kwh=None, soc_bounds_kwh=None)), style.STOCK) == 0


def test_a_group_that_a_device_is_in_has_a_panel_with_its_limit() -> None:
    alone, limited = battery_day(), np.full(96, 6.0)
    group = GroupDay("plaza", alone.power_kw + 1, limited, np.full(96, np.nan))
    without = replace(group, consumption_capacity_kw=None, production_capacity_kw=None)
    pictures = [plot_device_day(replace(alone, groups=groups)) for groups in ((group,), (without,))]
    assert [pixels(png).shape for png in pictures] == [(480, 640, 3)] * 2
    drawn, none = (count(png, style.LIMIT) for png in pictures)
    assert drawn > none + 200  # a dashed line across 500 pixels


def test_what_is_of_another_commodity_has_a_panel_of_its_own() -> None:
    heat = CommodityDay("heat", {"boiler": np.full(96, -4.0)}, np.full(96, 4.0), np.zeros(96), np.zeros(96))
    electric = replace(home_day(), device_power_kw={}, soc_kwh={})
    with_heat = plot_site_day(replace(electric, commodities=(heat,)))
    assert pixels(with_heat).shape == (800, 1200, 3)
    boiler = style.looks(["boiler"])["boiler"].colour
    assert count(with_heat, boiler) > count(plot_site_day(electric), boiler) + 10_000


@pytest.mark.parametrize(
    ("price", "power_kw"),
    [
        ([0.3, -0.1], (-3.0, 4.0)),
        ([-0.2, -0.1], (0.0, 4.0)),
        ([0.1, 0.3], (-3.0, 0.0)),
        ([0.0, 0.0], (0.0, 0.0)),
    ],
)
def test_price_and_power_have_their_zero_at_one_height_and_all_fit(
    price: list[float], power_kw: tuple[float, float]
) -> None:
    figure = Figure()
    axes = figure.subplots()
    starts = quarters(SUMMER)[:2]
    style.price_behind(axes, style.edges(starts, 0.25), np.array(price), "EUR", power_kw)
    heights = [low / (low - high) for low, high in (panel.get_ylim() for panel in figure.axes)]
    assert heights[0] == pytest.approx(heights[1])
    for panel, values in zip(figure.axes, (power_kw, price), strict=True):
        low, high = panel.get_ylim()
        assert low <= min(values) <= max(values) <= high


def test_solar_power_does_not_hide_prices_below_zero() -> None:
    def outline_rows(price: Array) -> np.ndarray[Any, Any]:
        found = pixels(plot_site_day(home_day(price=price, consumption_capacity_kw=None)))
        column = found[60:, 500]  # about noon, under the title
        return np.nonzero((np.abs(column - np.array(to_rgb(style.PRICE_TEXT)) * 255) < 40).all(axis=1))[0]

    price = np.full(96, 0.2)
    price[32:64] = -0.1
    assert outline_rows(price).max() > outline_rows(np.full(96, 0.2)).max()


def test_a_site_day_has_the_size_of_a_page() -> None:
    assert pixels(plot_site_day(home_day())).shape == (800, 1200, 3)


def test_a_site_without_stocks_and_devices_is_drawn() -> None:
    assert pixels(plot_site_day(home_day(device_power_kw={}, soc_kwh={}))).shape == (800, 1200, 3)


@pytest.mark.parametrize("none", [None, np.full(96, np.nan), np.full(96, np.inf)])
def test_without_a_limit_nothing_is_said_of_one(none: Array | None) -> None:
    unlimited = plot_site_day(home_day(consumption_capacity_kw=None, production_capacity_kw=None))
    assert plot_site_day(home_day(consumption_capacity_kw=none, production_capacity_kw=none)) == unlimited
    assert plot_site_day(home_day()) != unlimited


def test_a_far_consumption_limit_does_not_bring_a_far_production_limit_nearer() -> None:
    # the battery takes 4 kW beside 0.5 kW of load, and 3 kW are given: 1.6 x 4.5 and 1.6 x 3 kW are near
    near, far = np.full(96, 4.7), np.full(96, 9.0)
    beside_none, beside_one = (
        count(plot_site_day(home_day(consumption_capacity_kw=limit, production_capacity_kw=far)), style.SUN)
        for limit in (None, near)
    )
    both_drawn = count(
        plot_site_day(home_day(consumption_capacity_kw=near, production_capacity_kw=near)), style.SUN
    )
    assert both_drawn < 0.8 * beside_one
    assert beside_one <= beside_none


def test_a_far_limit_does_not_flatten_the_powers() -> None:
    near, far = (
        count(plot_site_day(home_day(consumption_capacity_kw=np.full(96, kw))), style.SUN)
        for kw in (5.0, 70.0)
    )
    assert far > 0.8 * near


def test_the_sixth_device_is_drawn_and_named() -> None:
    one = np.zeros(96)
    one[:48] = 1.0
    five, six = ({f"device-{k}": one for k in range(n)} for n in (5, 6))
    # the second and the sixth have one colour, with and without a hatch: its share of the picture grows
    fewer, more = (
        count(plot_site_day(home_day(device_power_kw=devices, soc_kwh={})), style.DEVICES[1])
        for devices in (five, six)
    )
    assert more > 1.2 * fewer


def test_sixteen_devices_look_different() -> None:
    assert len(set(style.looks(f"device-{k:02}" for k in range(16)).values())) == 16


def test_an_amount_below_zero_has_a_true_minus_sign() -> None:
    assert style.money(-1.234, "EUR") == "\N{MINUS SIGN}1.23 EUR"


def test_bounds_are_in_kwh_whatever_their_unit() -> None:
    assert bounds_of({"soc-min": "1 kWh", "soc-max": "0.01 MWh"}) == (1.0, 10.0)


def test_a_lower_bound_may_be_a_part_of_the_upper_one() -> None:
    assert bounds_of({"soc-min": "10%", "soc-max": "20 kWh"}) == (2.0, 20.0)


def test_the_lower_bound_is_zero_where_not_stated() -> None:
    assert bounds_of({"soc-max": "10 kWh"}) == (0.0, 10.0)


def test_nothing_bounds_a_device_without_soc_max() -> None:
    assert bounds_of({"soc-min": "1 kWh"}) is None


def at_home(**changes: Any) -> ConnectionDay:
    battery, day = battery_day().power_kw, home_day()
    home = ConnectionDay(
        "electricity",
        day.inflexible_consumption_kw,
        day.inflexible_production_kw,
        day.inflexible_consumption_kw + battery - day.inflexible_production_kw,
        None,
        None,
    )
    return replace(home, **changes)


def test_a_device_is_drawn_with_the_inflexible_load_and_pv_at_its_connection() -> None:
    alone, beside = (plot_device_day(replace(battery_day(), connection=c)) for c in (None, at_home()))
    assert count(alone, style.SUN) == 0
    assert count(beside, style.SUN) > 1000
    assert count(beside, style.FIXED) > count(alone, style.FIXED) + 500  # letters have grey edges, too


def test_the_limits_of_a_device_are_dashed_where_they_are_near_its_power() -> None:
    # it takes 4 and gives 3 kW: 1.6 x 4 kW is near; a limit on what it never does is not drawn
    counts = [
        count(
            plot_device_day(replace(battery_day(), soc_bounds_kwh=None, power_limits_kw=limits)), style.LIMIT
        )
        for limits in ((None, None), (6.0, None), (6.0, 6.0), (9.0, 9.0))
    ]
    assert counts[0] == counts[3] == 0
    assert counts[2] == pytest.approx(2 * counts[1], rel=0.1)


def test_limits_of_powers_are_read_where_they_are_fixed() -> None:
    both = {"power-capacity": "5 kW", "production-capacity": "3000 W"}
    assert power_limits_of(both) == (5.0, 3.0)
    assert power_limits_of({"consumption-capacity": {"sensor": "x"}}) == (None, None)


def test_a_stock_of_a_site_is_drawn_between_its_bounds() -> None:
    battery = battery_day().soc_kwh
    assert battery is not None
    none, bounded = (
        count(plot_site_day(home_day(soc_kwh={"battery": battery}, soc_bounds_kwh=bounds)), style.LIMIT)
        for bounds in ({}, {"battery": (1.0, 10.0)})
    )
    assert bounded > none + 500
