import numpy as np
import pytest

from flex_pipeline.timeseries.sun import sun


def at(*times: str) -> np.ndarray:
    return np.array(times, "datetime64[us]")


def test_at_noon_of_the_june_solstice_the_sun_stands_at_90_minus_latitude_plus_the_axial_tilt() -> None:
    # 2026-06-21: declination 23.44°; solar noon at 0° E is at 12:02 UTC
    noon = sun(at("2026-06-21T12:02"), 51.48, 0.0)
    assert noon.elevation_deg[0] == pytest.approx(90 - 51.48 + 23.44, abs=0.02)
    assert noon.azimuth_deg[0] == pytest.approx(180, abs=0.5)


def test_every_time_can_be_seen_from_a_place_of_its_own() -> None:
    times = at("2026-03-20T12:00", "2026-03-20T12:00")
    greenwich, fiji = sun(times, np.array([51.48, -17.7]), np.array([0.0, 178.0])).elevation_deg
    assert greenwich > 35  # noon at the equinox: 90 - 51.5
    assert fiji < -70  # and midnight on the other side
