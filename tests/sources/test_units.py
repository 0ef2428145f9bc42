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
        ("hp", "kW", 1, 0.7457),  # any unit pint knows
        ("W/m²", "W/m2", 800, 800),
        ("J/(s*m^2)", "W/m2", 800, 800),
        ("degF", "degC", 50, 10),
    ],
)
def test_a_value_is_stated_in_another_unit(source: str, target: str, value: float, expected: float) -> None:
    factor, offset = conversion(source, target)
    assert value * factor + offset == pytest.approx(expected)


def test_energy_per_half_hour_is_twice_as_much_power() -> None:
    assert conversion("kWh", "kW", timedelta(minutes=30)) == (pytest.approx(2.0), 0.0)


def test_mean_power_of_a_quarter_hour_is_a_quarter_as_much_energy() -> None:
    assert conversion("kW", "kWh", timedelta(minutes=15)) == (pytest.approx(0.25), 0.0)


@pytest.mark.parametrize(
    ("source", "target", "capacity", "value", "expected"),
    [
        ("%", "kWh", "60 kWh", 50, 30),  # the state of charge of a car
        ("kWh", "%", "60 kWh", 30, 50),
        ("%", "kW", "5 kW", 20, 1),  # the output of an inverter
        ("dimensionless", "kW", "5 kW", 0.2, 1),
        ("%", "kWh", "60000 Wh", 50, 30),
    ],
)
def test_a_share_is_one_of_the_capacity(
    source: str, target: str, capacity: str, value: float, expected: float
) -> None:
    factor, offset = conversion(source, target, timedelta(minutes=15), capacity)
    assert value * factor + offset == pytest.approx(expected)


def test_a_share_of_nothing_in_particular_is_no_energy() -> None:
    with pytest.raises(ValueError, match='cannot be turned into "kWh"'):
        conversion("%", "kWh", timedelta(minutes=15))


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
