from datetime import timedelta

import pytest

from flex_pipeline.sources.units import conversion, magnitude, parse_unit


@pytest.mark.parametrize(
    ("source", "target", "value", "expected"),
    [
        ("W", "kW", 1500, 1.5),
        ("MW", "kW", 0.1, 100),
        ("EUR/MWh", "EUR/kWh", 85, 0.085),
        ("K", "degC", 273.15, 0),
        ("%", "dimensionless", 90, 0.9),
        ("kVA", "kW", 17, 17),
    ],
)
def test_a_value_is_stated_in_another_unit(source: str, target: str, value: float, expected: float) -> None:
    factor, offset = conversion(source, target)
    assert value * factor + offset == pytest.approx(expected)


def test_energy_per_half_hour_is_twice_as_much_power() -> None:
    assert conversion("kWh", "kW", timedelta(minutes=30)) == (pytest.approx(2.0), 0.0)


def test_one_currency_is_not_turned_into_another() -> None:
    with pytest.raises(ValueError, match='cannot be turned into "EUR/MWh"'):
        conversion("GBP/MWh", "EUR/MWh")


def test_energy_is_not_power_unless_its_step_is_known() -> None:
    with pytest.raises(ValueError, match='cannot be turned into "kW"'):
        conversion("kWh", "kW")


@pytest.mark.parametrize("text", ["kiloWhat", "kW/", "10 %%"])
def test_what_is_no_unit_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="is not a unit"):
        parse_unit(text)


def test_a_quantity_is_read_with_its_unit() -> None:
    assert magnitude("0.09 MWh", "kWh") == pytest.approx(90)
    with pytest.raises(ValueError, match='for example "6 kW"'):
        magnitude("six kW", "kW")
