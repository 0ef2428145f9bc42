from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from flex_pipeline.forecasting.ladder import train
from flex_pipeline.forecasting.solar import clear_sky
from flex_pipeline.portfolio.sensor import Sensor

# Paris on 21 June 2026: sunrise 05:47, solar noon 13:53, sunset 21:58 local time, two hours ahead of UTC
MIDSUMMER = np.datetime64("2026-06-21T00:00", "us") + np.arange(24) * np.timedelta64(1, "h")


def test_the_sky_is_dark_only_in_hours_without_any_sun() -> None:
    sky = clear_sky(MIDSUMMER, timedelta(hours=1), 48.85, 2.35)
    assert np.flatnonzero(sky.dark).tolist() == [0, 1, 2, 20, 21, 22, 23]
    assert (sky.irradiance_w_m2[sky.dark] == 0).all()


def test_a_clear_midsummer_noon_gives_about_a_kilowatt_per_square_metre() -> None:
    sky = clear_sky(MIDSUMMER, timedelta(hours=1), 48.85, 2.35)
    assert sky.irradiance_w_m2.argmax() == 11  # 13:00 to 14:00 local time
    assert sky.irradiance_w_m2.max() == pytest.approx(1000, abs=80)


def test_in_the_south_panels_face_north() -> None:
    june, december = (
        clear_sky(
            MIDSUMMER + np.timedelta64(days, "D"), timedelta(hours=1), -33.9, 18.4
        ).irradiance_w_m2.max()
        for days in (0, 183)
    )
    assert 600 < june < december


@pytest.mark.parametrize("days", [1.5, 10, 35, 60])
def test_no_pv_is_forecast_in_the_dark_whatever_the_meter_says(
    sensor: Callable[..., Sensor], series: Callable[..., pl.DataFrame], days: float
) -> None:
    origin = datetime(2026, 6, 20, 12, tzinfo=UTC)
    history = series(lambda _: 1.0, origin, days, noise=0.1)
    model = train(history, sensor("pv", capacity=5.0), cutoff=origin)
    starts = MIDSUMMER
    values = model.predict(history, origin=origin, starts=starts)["value"].to_numpy().reshape(-1, 3)
    dark = [0, 1, 2, 20, 21, 22, 23]
    assert (values[dark] == 0).all()
    assert values[12].min() > 0.5


def test_pv_keeps_below_what_it_gave_under_the_clearest_sky(
    sensor: Callable[..., Sensor], series: Callable[..., pl.DataFrame]
) -> None:
    origin = datetime(2026, 6, 20, 12, tzinfo=UTC)
    history = series(lambda local: 0.0 if local.hour < 12 else 1.0, origin, 35)
    model = train(history, sensor("pv"), cutoff=origin)
    assert model.ceiling is not None
    sky = clear_sky(MIDSUMMER, timedelta(hours=1), 48.85, 2.35)
    values = model.predict(history, origin=origin, starts=MIDSUMMER)["value"].to_numpy().reshape(-1, 3)
    assert (values[:, 2] <= model.ceiling.over(sky) + 1e-12).all()
