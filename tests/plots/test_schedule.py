"""Pictures of plans: small enough for the event log, right on the days the clock changes."""

import io
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PIL import Image

from flex_pipeline.plots.schedule import (
    DeviceDay,
    SiteDay,
    bounds_of,
    headline,
    plot_device_day,
    plot_site_day,
)
from flex_pipeline.plots.style import colours_of, signed
from flex_pipeline.timeseries.grid import local_day

ZONE = ZoneInfo("Europe/Amsterdam")


def device_day(day: date) -> DeviceDay:
    grid = local_day(day, ZONE, timedelta(minutes=15))
    wave = np.sin(np.arange(grid.n) / 7)
    return DeviceDay(
        "home/battery",
        day,
        ZONE,
        grid.starts,
        0.25,
        0.2 * wave,
        5 * wave,
        np.append(5, 5 + 4 * wave),
        (1.0, 10.0),
        -1.2,
        "EUR",
    )


@pytest.mark.parametrize(
    "day",
    [date(2026, 3, 29), date(2026, 6, 1), date(2026, 10, 25)],
    ids=["92 steps", "96 steps", "100 steps"],
)
def test_a_picture_is_small_whatever_the_length_of_the_day(day: date) -> None:
    picture = plot_device_day(device_day(day))

    assert Image.open(io.BytesIO(picture)).size == (640, 360)
    assert len(picture) < 20_000


def test_a_device_without_stock_has_no_panel_for_it() -> None:
    day = device_day(date(2026, 6, 1))

    assert plot_device_day(replace(day, soc_kwh=None, soc_bounds_kwh=None)) != plot_device_day(day)


def site_day(devices: int) -> SiteDay:
    grid = local_day(date(2026, 6, 1), ZONE, timedelta(minutes=15))
    wave, none = np.sin(np.arange(grid.n) / 7), np.full(grid.n, np.nan)
    return SiteDay(
        site_id="home",
        day=date(2026, 6, 1),
        timezone=ZONE,
        starts=grid.starts,
        step_hours=0.25,
        price=0.2 * wave,
        device_power_kw={f"device-{i}": wave for i in range(devices)},
        inflexible_consumption_kw=1 + wave,
        inflexible_production_kw=np.zeros(grid.n),
        net_power_kw=1 + wave * (1 + devices),
        baseline_net_power_kw=1 + wave,
        consumption_capacity_kw=none,
        production_capacity_kw=none,
        soc_kwh={f"device-{i}": np.append(5, 5 + wave) for i in range(devices)},
        cost=1.0,
        baseline_cost=0.75,
        currency="EUR",
    )


def test_a_site_without_limits_and_stocks_is_drawn_as_well() -> None:
    picture = plot_site_day(site_day(devices=0))

    assert Image.open(io.BytesIO(picture)).size == (1200, 800)


def test_each_device_of_a_large_site_is_drawn() -> None:
    names = [f"device-{i}" for i in range(9)]

    assert list(colours_of(names)) == names
    assert plot_site_day(site_day(devices=9)) != plot_site_day(site_day(devices=8))


def test_a_plan_that_costs_more_than_none_says_so() -> None:
    day = site_day(devices=1)

    assert headline(day).endswith("cost 1.00 EUR, 0.25 more than without flexibility")
    assert headline(replace(day, cost=-0.5)).endswith("cost −0.50 EUR, 1.25 less than without flexibility")


def test_an_amount_that_rounds_to_nothing_has_no_sign() -> None:
    assert [signed(amount) for amount in (-0.004, 0.0, -1.234)] == ["0.00", "0.00", "−1.23"]


def test_the_bounds_of_a_stock_are_read_from_its_flex_model() -> None:
    assert bounds_of({"soc-min": "1 kWh", "soc-max": "0.01 MWh"}) == (1.0, 10.0)
    assert bounds_of({"power": "2 kW"}) is None
