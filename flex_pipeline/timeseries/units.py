"""Units: whatever a user writes, in kW, kWh, currency per kWh or kW, kg of CO2 and what goes with it, or as a ratio.

Every currency is a dimension of its own, so that adding euros to pounds fails as adding kW to kWh does.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cache
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from pint import UnitRegistry

Dimension = Literal[
    "power",
    "energy",
    "ratio",
    "energy price",
    "power price",
    "emissions",
    "emission intensity",
    "emissions price",
]

# the unit inside, where CUR is any currency, and an example for error messages
UNIT_INSIDE: dict[Dimension, str] = {
    "power": "kW",
    "energy": "kWh",
    "ratio": "dimensionless",
    "energy price": "CUR/kWh",
    "power price": "CUR/kW",
    "emissions": "kg",
    "emission intensity": "kg/kWh",
    "emissions price": "CUR/kg",
}
EXAMPLE: dict[Dimension, str] = {
    "power": '"45 kW"',
    "energy": '"10 kWh"',
    "ratio": '"90%"',
    "energy price": '"0.25 EUR/kWh"',
    "power price": '"260 EUR/MW"',
    "emissions": '"5 kg"',
    "emission intensity": '"350 gCO2/kWh"',
    "emissions price": '"80 EUR/tCO2"',
}
ARTICLE: dict[Dimension, str] = {
    "power": "a power",
    "energy": "an energy",
    "ratio": "a ratio",
    "energy price": "a price per energy",
    "power price": "a price per power",
    "emissions": "an amount of CO2",
    "emission intensity": "an amount of CO2 per energy",
    "emissions price": "a price per amount of CO2",
}

# ISO 4217, without testing codes and precious metals
_CODES = (
    "AED AFN ALL AMD AOA ARS AUD AWG AZN BAM BBD BDT BGN BHD BIF BMD BND BOB BRL BSD BTN BWP BYN BZD CAD "
    "CDF CHF CLP CNY COP CRC CUP CVE CZK DJF DKK DOP DZD EGP ERN ETB EUR FJD FKP GBP GEL GHS GIP GMD GNF "
    "GTQ GYD HKD HNL HTG HUF IDR ILS INR IQD IRR ISK JMD JOD JPY KES KGS KHR KMF KPW KRW KWD KYD KZT LAK "
    "LBP LKR LRD LSL LYD MAD MDL MGA MKD MMK MNT MOP MRU MUR MVR MWK MXN MYR MZN NAD NGN NIO NOK NPR NZD "
    "OMR PAB PEN PGK PHP PKR PLN PYG QAR RON RSD RUB RWF SAR SBD SCR SDG SEK SGD SHP SLE SOS SRD SSP STN "
    "SVC SYP SZL THB TJS TMT TND TOP TRY TTD TWD TZS UAH UGX USD UYU UZS VES VND VUV WST XAF XCD XOF XPF "
    "YER ZAR ZMW ZWG "
)
CURRENCIES = frozenset(_CODES.split())
NO_CURRENCY = "XXX"  # ISO 4217 for "no currency is involved": no price converts to it

LARGEST = 1e12  # in the unit inside; solvers take 1e20 for infinity

_QUANTITY = re.compile(r"\s*([-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?)\s*(.*?)\s*")
_CURRENCY = re.compile(r"\b[A-Z]{3}\b")
_OF_CO2 = re.compile(r"(?<=[gt])[ _]?CO2(?:eq?)?\b")  # a gram of CO2 is a gram: "gCO2/kWh", "EUR/tCO2e"


@dataclass(frozen=True)
class Amount:
    """A number in the unit inside; `currency` is set for prices."""

    value: float
    currency: str | None = None


def unit_inside(unit: str, dimension: Dimension) -> Amount:
    """What one `unit` is in the unit inside; ValueError when it measures something else.

    >>> unit_inside("EUR/MWh", "energy price")
    Amount(value=0.001, currency='EUR')
    """
    try:
        return _convert(unit, dimension)
    except ValueError as error:
        raise ValueError(f'"{unit}" {error}') from error


def measures(unit: str, dimension: Dimension) -> bool:
    """Whether a unit is one of a dimension."""
    try:
        unit_inside(unit, dimension)
    except ValueError:
        return False
    return True


def parse_quantity(text: object, dimension: Dimension, bare_unit: str | None = None) -> Amount:
    """A quantity such as "45 kW" in the unit inside.

    A number without a unit is read in `bare_unit`; a ratio needs none. ValueError names what would be right.
    """
    if isinstance(text, bool) or not isinstance(text, str | int | float):
        raise ValueError(f"not {ARTICLE[dimension]}; write for example {EXAMPLE[dimension]}")
    matched = _QUANTITY.fullmatch(str(text))
    if not matched:
        raise ValueError(f'"{text}" is not {ARTICLE[dimension]}; write for example {EXAMPLE[dimension]}')
    number, unit = float(matched[1]), matched[2]
    if not unit and dimension == "ratio":
        unit = "dimensionless"
    if not unit and bare_unit is None:
        raise ValueError(f'"{text}" has no unit; write for example {EXAMPLE[dimension]}')
    try:
        inside = _convert(unit or str(bare_unit), dimension)
    except ValueError as error:
        raise ValueError(f'"{text}" {error}') from error
    if abs(number * inside.value) > LARGEST:
        raise ValueError(f'"{text}" is larger than anything that can be planned')
    return Amount(number * inside.value, inside.currency)


def _convert(unit: str, dimension: Dimension) -> Amount:
    found = _conversion(unit, dimension)
    if isinstance(found, str):
        raise ValueError(found)
    return found


@cache
def _conversion(unit: str, dimension: Dimension) -> Amount | str:
    """What one unit is in the unit inside, or why it is nothing: pint takes as long to say either."""
    import pint

    currencies = sorted(set(_CURRENCY.findall(unit)) & CURRENCIES)
    if len(currencies) > 1:
        return f"mixes the currencies {' and '.join(currencies)}"
    currency = currencies[0] if currencies else None
    try:
        return Amount(_factor(unit, dimension, currency), currency)
    except pint.errors.DimensionalityError:
        described = _describe(unit, currency)
        return f"is {described}, not {ARTICLE[dimension]}; write for example {EXAMPLE[dimension]}"
    except (pint.errors.PintError, AssertionError, AttributeError, TypeError):
        return f"is in no known unit; write for example {EXAMPLE[dimension]}"


def _factor(unit: str, dimension: Dimension, currency: str | None) -> float:
    registry = _registry()
    if currency and currency not in registry:
        registry.define(f"{currency} = [currency_{currency}]")
    target = UNIT_INSIDE[dimension].replace("CUR", currency or NO_CURRENCY)
    return float(registry.Quantity(1.0, _OF_CO2.sub("", unit)).to(target).magnitude)


def _describe(unit: str, currency: str | None) -> str:
    import pint

    for dimension, article in ARTICLE.items():
        try:
            _factor(unit, dimension, currency)
        except pint.errors.DimensionalityError:
            continue
        return article
    return "something else"


@cache
def _registry() -> UnitRegistry[float]:
    import pint

    registry: UnitRegistry[float] = pint.UnitRegistry()
    registry.define(f"{NO_CURRENCY} = [currency_{NO_CURRENCY}]")
    return registry
