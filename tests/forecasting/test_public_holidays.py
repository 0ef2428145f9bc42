from datetime import date

import numpy as np
import pytest

from flex_pipeline.forecasting.public_holidays import EPOCH, country_of, is_holiday


def days(*iso: str) -> np.ndarray:
    return np.array([date.fromisoformat(day).toordinal() - EPOCH for day in iso])


def test_the_quatorze_juillet_is_a_holiday_in_france_alone() -> None:
    bastille = days("2025-07-13", "2025-07-14", "2026-07-14")
    assert is_holiday(bastille, "Europe/Paris").tolist() == [False, True, True]
    assert not is_holiday(bastille, "Europe/Berlin").any()


@pytest.mark.parametrize(
    ("timezone", "country"), [("Europe/Amsterdam", "NL"), ("Australia/Melbourne", "AU"), ("UTC", None)]
)
def test_a_time_zone_tells_the_country(timezone: str, country: str | None) -> None:
    assert country_of(timezone) == country


def test_zones_of_no_country_have_no_holidays() -> None:
    assert not is_holiday(days("2025-12-25"), "UTC").any()
    assert is_holiday(days(), "Europe/Paris").shape == (0,)
