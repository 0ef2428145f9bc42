from collections.abc import Callable

import numpy as np

from flex_pipeline.forecasting.bounds import bounded
from flex_pipeline.forecasting.solar import Ceiling, Sky
from flex_pipeline.portfolio.sensor import Sensor

CROSSED = np.array([[2.0, -1.0, 6.0]])


def test_quantiles_that_cross_are_put_in_order(sensor: Callable[..., Sensor]) -> None:
    np.testing.assert_array_equal(bounded(CROSSED, sensor("price"), None, None), [[-1.0, 2.0, 6.0]])


def test_power_is_between_nothing_and_the_capacity(sensor: Callable[..., Sensor]) -> None:
    np.testing.assert_array_equal(
        bounded(CROSSED, sensor("load", capacity=5.0), None, None), [[0.0, 2.0, 5.0]]
    )


def test_the_sky_bounds_pv_more_closely_than_its_capacity(sensor: Callable[..., Sensor]) -> None:
    sky = Sky(
        np.array([30.0, -9.0]), np.array([180.0, 270.0]), np.array([500.0, 0.0]), np.array([False, True])
    )
    ceiling = Ceiling(share=0.005, slack=0.1)  # 2.6 kW under 500 W/m²
    values = bounded(np.vstack([CROSSED, CROSSED]), sensor("pv", capacity=5.0), sky, ceiling)
    np.testing.assert_allclose(values, [[0.0, 2.0, 2.6], [0.0, 0.0, 0.0]])


def test_where_nothing_is_asked_nothing_is_bounded(sensor: Callable[..., Sensor]) -> None:
    assert np.isnan(bounded(np.full((1, 3), np.nan), sensor("soc-minima", unit="kWh"), None, None)).all()
