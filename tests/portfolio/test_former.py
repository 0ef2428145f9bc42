"""Spellings of the 2024 version, and of the attributes it read, are understood."""

from __future__ import annotations

from typing import Any

import pytest

from flex_pipeline.portfolio.flex_context import FLEX_CONTEXT, check_flex_context
from flex_pipeline.portfolio.flex_model import PROCESS, STORAGE, check_flex_model
from flex_pipeline.portfolio.former import present_spelling


@pytest.mark.parametrize(
    ("given", "present"),
    [
        ({"soc_at_start": "3 kWh"}, {"soc-at-start": "3 kWh"}),
        ({"min_soc_in_mwh": 0.05}, {"soc-min": "0.05 MWh"}),
        ({"max_soc_in_mwh": "450 kWh"}, {"soc-max": "450 kWh"}),
        ({"capacity_in_mw": 2}, {"power-capacity": "2 MW"}),
        ({"soc-gain": "3 kW"}, {"soc-gain": ["3 kW"]}),
        ({"soc-maxima": {"value": 51, "datetime": "x"}}, {"soc-maxima": [{"value": 51, "datetime": "x"}]}),
        ({"soc_usage": {"sensor": "car"}}, {"soc-usage": [{"sensor": "car"}]}),
        (
            {"operation_modes": [{"consumption_range": ["0 kW", "1 kW"]}]},
            {"operation-modes": [{"consumption-range": ["0 kW", "1 kW"]}]},
        ),
    ],
)
def test_a_former_spelling_is_read_with_a_notice(given: dict[str, Any], present: dict[str, Any]) -> None:
    spelt = present_spelling(given, STORAGE, "battery")

    assert spelt.document == present
    assert spelt.notices
    assert all(notice.startswith("battery.") for notice in spelt.notices)


def test_the_present_spelling_is_left_alone_without_a_notice() -> None:
    given = {"soc-at-start": "3 kWh", "soc-gain": ["1 kW"], "unheard-of": 1}

    assert present_spelling(given, STORAGE, "battery") == (given, ())


def test_of_both_spellings_the_present_one_counts() -> None:
    spelt = present_spelling({"soc_in_mwh": 1, "soc-at-start": "2 kWh"}, STORAGE, "battery")

    assert spelt.document == {"soc-at-start": "2 kWh"}
    assert spelt.notices == ("battery.soc_in_mwh: is ignored, as soc-at-start is given too",)


def test_the_same_attribute_is_another_field_of_a_site() -> None:
    given = {"capacity_in_mw": 0.5, "consumption_capacity_in_mw": 0.4}

    assert present_spelling(given, FLEX_CONTEXT, "context").document == {
        "site-power-capacity": "0.5 MW",
        "site-consumption-capacity": "0.4 MW",
    }


def test_ids_and_names_of_sensors_are_understood_where_only_sensors_could_stand() -> None:
    given = {
        "consumption-price-sensor": 5,
        "production-price-sensor": "nl.day-ahead",
        "inflexible-device-sensors": [3, "roof", "-1.5 kW"],
    }

    assert present_spelling(given, FLEX_CONTEXT, "context").document == {
        "consumption-price-sensor": {"sensor": "5"},
        "production-price-sensor": {"sensor": "nl.day-ahead"},
        "inflexible-device-sensors": [{"sensor": "3"}, {"sensor": "roof"}, "-1.5 kW"],
    }
    assert check_flex_context(given) == []


def test_a_process_of_the_documentation_of_2024_is_right() -> None:
    given = {
        "power": "15 kW",
        "duration": "PT4H",
        "optimization_direction": "MIN",
        "process_type": "SHIFTABLE",
        "time_restrictions": [{"start": "2024-01-02T08:00+01:00", "duration": "PT2H"}],
    }

    assert check_flex_model(given, "process") == []
    assert len(present_spelling(given, PROCESS, "washer").notices) == 3


def test_every_example_of_the_table_of_2024_is_right() -> None:
    # the flex-model of the documentation, where one set of examples does not exclude another
    minima = [{"datetime": "2024-02-05T08:00:00+01:00", "value": 8.2}]
    maxima = {"value": 51, "start": "2024-02-05T12:00:00+01:00", "end": "2024-02-05T13:30:00+01:00"}
    model = {
        "soc-at-start": "3.1",
        "soc-unit": "kWh",
        "soc-min": "2.5",
        "soc-max": "7",
        "soc-minima": minima,
        "soc-maxima": maxima,
        "soc-targets": [{"datetime": "2024-02-05T08:00:00+01:00", "value": 3.2}],
        "soc-gain": ".1kWh",
        "soc-usage": {"sensor": "usage"},
        "charging-efficiency": ".9",
        "discharging-efficiency": "90%",
        "storage-efficiency": "99.9%",
        "prefer-charging-sooner": True,
        "power-capacity": "50kW",
        "consumption-capacity": {"sensor": "limit"},
        "production-capacity": "0kW",
    }
    context = {
        "inflexible-device-sensors": [3, 4],
        "consumption-price-sensor": 5,
        "production-price-sensor": 6,
        "site-power-capacity": "45kW",
        "site-consumption-capacity": "45kW",
        "site-production-capacity": "0kW",
    }

    assert check_flex_model(model, "storage") == []
    assert check_flex_context(context) == []


def test_nonsense_is_left_for_the_check() -> None:
    assert present_spelling(None, STORAGE, "battery") == (None, ())
    assert present_spelling({"soc-gain": None}, STORAGE, "battery").document == {"soc-gain": None}
