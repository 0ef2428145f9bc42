"""Valid problem files, broken at random: each is a problem still, or says what is wrong and where."""

from __future__ import annotations

import copy
import json
import re
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from flex_pipeline.scheduling import ProblemError, Schedule, read_problem, solve
from tests.scheduling.sites import at, battery, process, series, site

Path = tuple[str | int, ...]

FEASIBLE = 1e-6  # kW or kWh

PRICES = [0.1, 0.3, 0.2, 0.4]

CONNECTION = site(
    PRICES,
    battery(
        soc_at_start="2 kWh",
        soc_min="1 kWh",
        soc_minima=[{"value": "4 kWh", "start": at(2), "end": at(3)}],
        soc_maxima=[{"value": "9 kWh", "datetime": at(1)}],
        soc_targets=[{"value": "5 kWh", "datetime": at(4)}],
        soc_usage=["0.2 kW", series([0.1, None, 0.1, 0.2], "kW")],
        soc_gain=[series([100, 0, 0, 0], "W")],
        storage_efficiency="99%",
        charging_efficiency=0.95,
        discharging_efficiency=[{"value": "90%", "start": at(0), "duration": "PT4H"}],
        production_capacity=[{"value": "3 kW", "start": at(0), "end": at(4)}],
        consumption_capacity="4 kW",
        wear_price="1 EUR/MWh",
        prefer_charging_sooner=False,
    ),
    production_price={"series": series([90, 80, 70, 60], "EUR/MWh")["series"], "plus": "0.01 EUR/kWh"},
    site_power_capacity="17 kVA",
    site_consumption_capacity=series([3, 4, 5, 6], "kW"),
    site_consumption_breach_price="3 EUR/kW",
    site_peak_consumption="2 kW",
    site_peak_consumption_price="260 EUR/MW",
    soc_minima_breach_price="5 EUR/kWh",
    relax_soc_constraints=True,
    inflexible_consumption=[series([1, 2, 3, 1], "kW"), "0.5 kW"],
    inflexible_production=[[{"value": "1 kW", "start": at(1), "end": at(2)}]],
    commitments=[{"name": "band", "baseline": "1 kW", "up-price": "0.2 EUR/kWh", "down-price": "-1 EUR/MW"}],
)
MATES = site(
    PRICES,
    {**battery("heat", soc_unit="kWh", soc_at_start=2, soc_usage=["1 kW"]), "sensor_resolution": "PT15M"},
    {"name": "boiler", "flex_model": {"power-capacity": "2 kW"}, "shares_stock_of": 0, "type": "storage"},
    battery("turbine", operation_modes=[{"consumption-range": ["0 kW", "1 kW"]}], roundtrip_efficiency="81%"),
    {"name": "pv", "flex_model": {"production-capacity": "4 kW", "consumption-capacity": "0 kW"}},
    relax_constraints=False,
)
PROCESSES = site(
    PRICES,
    process("SHIFTABLE", time_restrictions=[{"start": at(1), "duration": "PT30M"}]),
    {**process("BREAKABLE", optimization_sense="MAX"), "name": "pump", "asset_type": "pump"},
    {**process("INFLEXIBLE", time_restrictions=[{"start": at(0), "end": at(1)}]), "name": "oven"},
    site_power_capacity="9 kW",
)
VALID: dict[str, Any] = {"connection": CONNECTION, "mates": MATES, "processes": PROCESSES}

JUNK: list[Any] = [
    None, True, False, 0, -1, 3.5, 1e300, -1e300, 10**18, float("nan"), float("inf"), -float("inf"),
    "", " ", "5", "-5", "NaN", "kW", "5 kW", "-5 kW", "5 kWh", "5 furlong", "150%", "0%", "1 USD/kWh", "2 GBP/MW",
    "1e300 kW", "1e11 kW", "1e-9 kW", "5 kW 5 kW", "storage", "process", "Mars/Olympus", "UTC", "\x00", "\ud800", "é",
    "2024-06-03T01:00", "2024-06-03", "2024-06-03T01:07+02:00", at(2), "2024-06-02T12:00Z", "25:00", "07:30",
    "PT1H", "PT0S", "-PT1H", "P1M", "PT7M", "P1D", [], [[]], [None], [1, 2], {}, {"sensor": "grid"}, {"value": "1 kW"},
    [{"value": "1 kW"}], [{"value": "5 kWh", "datetime": at(3)}], {"series": {}}, {"series": None}, {"": ""},
    series([1, 2, 3, 4], "kW"), series([None, None, None, None], "EUR/kWh"), series([], "kW"),
]  # fmt: skip
JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(10**9), 10**9)
    | st.floats()
    | st.text("kWhEUR%. 0123-:TZP", max_size=9),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from(["value", "series", "start", "unit", "x"]), inner, max_size=3)
    ),
    max_leaves=6,
)
NUMBERS = ["-1", "0", "1e300", "1e9", "nan", "", "1e-9", "--1", "1,5"]
QUANTITY = re.compile(r"^-?\d+(\.\d+)?(?= ?[kME%])")
EXTREMES = [-1e6, -1, 0, 1e-6, 0.1, 7, 1e3, 1e6]


def places(value: Any) -> list[Path]:
    """The path of everything inside a document."""
    return [path for path, _ in inside_of(value)]


def inside_of(value: Any, path: Path = ()) -> Iterator[tuple[Path, Any]]:
    """Everything inside a document, by its path."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, item in items:
        yield (*path, key), item
        yield from inside_of(item, (*path, key))


def is_quantity(value: Any) -> bool:
    """Whether this is a number, alone or before a unit."""
    return bool(QUANTITY.match(value)) if isinstance(value, str) else type(value) in (int, float)


@st.composite
def broken(draw: st.DrawFn) -> Any:
    """A valid document with up to three faults."""
    document = copy.deepcopy(VALID[draw(st.sampled_from(sorted(VALID)))])
    for _ in range(draw(st.integers(1, 3))):
        *parents, key = draw(st.sampled_from(places(document)))
        inside: Any = document
        for parent in parents:
            inside = inside[parent]
        item = inside[key]
        breaking = draw(
            st.sampled_from(["replace", "replace", "number", "remove", "rename", "repeat", "wrap"])
        )
        if breaking == "remove":
            del inside[key]
        elif breaking == "rename" and isinstance(key, str):
            other = draw(st.sampled_from([key.upper(), key + "s", key[1:], key.replace("-", "_")]))
            inside[other] = inside.pop(key)
        elif breaking == "repeat" and isinstance(inside, list):
            inside.append(copy.deepcopy(item))
        elif breaking == "wrap":
            inside[key] = draw(st.sampled_from([[inside[key]], {"value": inside[key]}, [inside[key]] * 2]))
        elif breaking == "number" and isinstance(inside[key], str):
            inside[key] = re.sub(r"-?\d+(\.\d+)?", draw(st.sampled_from(NUMBERS)), inside[key], count=1)
        else:
            inside[key] = copy.deepcopy(draw(st.sampled_from(JUNK) | JSON))
    return document


@st.composite
def extreme(draw: st.DrawFn) -> Any:
    """A valid document in which up to three quantities are very large, very small, zero or negative."""
    document = copy.deepcopy(VALID[draw(st.sampled_from(sorted(VALID)))])
    for _ in range(draw(st.integers(1, 3))):
        *parents, key = draw(
            st.sampled_from([path for path, item in inside_of(document) if is_quantity(item)])
        )
        inside: Any = document
        for parent in parents:
            inside = inside[parent]
        value = draw(st.sampled_from(EXTREMES))
        inside[key] = (
            QUANTITY.sub(f"{value:g}", inside[key], count=1) if isinstance(inside[key], str) else value
        )
    return document


def outcome(document: Any) -> Schedule | ProblemError:
    """What becomes of a document; any other exception is a fault of ours."""
    try:
        return solve(read_problem(document))
    except ProblemError as error:
        return error


def judge(document: Any) -> None:
    """A schedule that can be written down, or faults that name their fields; the document stays as it was."""
    before = repr(document)

    found = outcome(document)

    assert repr(document) == before
    if isinstance(found, ProblemError):
        assert found.faults
        assert all(fault.field and fault.message for fault in found.faults)
    else:
        json.dumps(found.to_dict(), allow_nan=False)
        kept = found.certificate.primal_violation <= FEASIBLE
        assert found.diagnosis if found.status == "infeasible" else kept


@pytest.mark.parametrize("name", VALID)
def test_the_documents_to_break_are_valid(name: str) -> None:
    schedule = solve(read_problem(VALID[name]))

    assert schedule.status == "optimal"


@settings(max_examples=700, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(broken())
def test_a_broken_file_is_a_problem_still_or_says_what_is_wrong(document: Any) -> None:
    judge(document)


@settings(max_examples=300, deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow])
@given(extreme())
def test_an_extreme_number_is_refused_or_planned_with(document: Any) -> None:
    judge(document)


@settings(max_examples=200, deadline=None, derandomize=True)
@given(JSON)
def test_anything_else_is_refused(document: Any) -> None:
    with pytest.raises(ProblemError) as refused:
        read_problem(document)

    assert refused.value.faults
