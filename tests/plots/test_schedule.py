"""Pictures of plans: small enough for the event log, right on the days the clock changes."""

import io
from dataclasses import replace
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PIL import Image

from flex_pipeline.plots.schedule import DeviceDay, bounds_of, plot_device_day
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
        5 + 4 * wave,
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


def test_the_bounds_of_a_stock_are_read_from_its_flex_model() -> None:
    assert bounds_of({"soc-min": "1 kWh", "soc-max": "0.01 MWh"}) == (1.0, 10.0)
    assert bounds_of({"power": "2 kW"}) is None
