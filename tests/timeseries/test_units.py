from __future__ import annotations

import pytest

from flex_pipeline.timeseries.units import Amount, Dimension, parse_quantity


@pytest.mark.parametrize(
    ("text", "dimension", "value"),
    [
        ("45 kW", "power", 45),
        ("45kW", "power", 45),
        ("0.1 MW", "power", 100),
        ("17 kVA", "power", 17),
        ("0.5 MWh", "energy", 500),
        ("90%", "ratio", 0.9),
        (".9", "ratio", 0.9),
        (0.9, "ratio", 0.9),
        ("300 %", "ratio", 3),
        ("-5e-1 kW", "power", -0.5),
    ],
)
def test_a_quantity_is_read_in_the_unit_inside(text: object, dimension: Dimension, value: float) -> None:
    assert parse_quantity(text, dimension).value == pytest.approx(value)


@pytest.mark.parametrize(
    ("text", "dimension", "amount"),
    [
        ("60 EUR/MWh", "energy price", Amount(0.06, "EUR")),
        ("0.3 GBP/kWh", "energy price", Amount(0.3, "GBP")),
        ("260 EUR/MW", "power price", Amount(0.26, "EUR")),
    ],
)
def test_a_price_keeps_its_currency(text: str, dimension: Dimension, amount: Amount) -> None:
    price = parse_quantity(text, dimension)

    assert price.currency == amount.currency
    assert price.value == pytest.approx(amount.value)


def test_a_bare_number_takes_the_unit_that_is_declared_for_it() -> None:
    assert parse_quantity("3.1", "energy", "MWh").value == pytest.approx(3100)


@pytest.mark.parametrize(
    ("text", "dimension", "message"),
    [
        ("10 kW", "energy", '"10 kW" is a power, not an energy; write for example "10 kWh"'),
        ("10", "power", "has no unit"),
        ("10 foo", "power", "is in no known unit"),
        ("10 kWh", "energy price", "is an energy, not a price per energy"),
        ("5 EUR/GBP", "energy price", "mixes the currencies EUR and GBP"),
        ("inf kW", "power", "is not a power"),
        ("1e999 kW", "power", "larger than anything"),
        (True, "power", "not a power"),
        (None, "power", "not a power"),
    ],
)
def test_what_is_wrong_with_a_quantity_is_said(text: object, dimension: Dimension, message: str) -> None:
    with pytest.raises(ValueError, match=message):
        parse_quantity(text, dimension)
