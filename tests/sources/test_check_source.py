from __future__ import annotations

import pytest

from flex_pipeline.sources import check_source


@pytest.mark.parametrize(
    "source",
    [
        {"csv": "home.csv", "column": "kw"},
        {
            "parquet": "home.parquet",
            "column": "kw",
            "time-column": "t",
            "timezone": "Europe/Paris",
            "unit": "W",
        },
        {
            "csv": "*.csv",
            "column": "kw",
            "resolution": "PT30M",
            "stamp": "end",
            "daylight-saving": "normalised",
        },
        {"simulated": "pv", "peak": "6 kW", "tilt": 35, "azimuth": 180},
        {"simulated": "ev-departure-soc", "reserve": "12 kWh", "seed": "car-2"},
    ],
)
def test_a_good_source_has_no_problems(source) -> None:
    assert check_source(source) == []


@pytest.mark.parametrize(
    ("source", "field", "message"),
    [
        ({}, "source", "must name exactly one kind of source: csv, parquet, sql, entsoe"),
        ({"csv": "a", "simulated": "pv"}, "source", "must name exactly one kind of source"),
        ({"csv": "a.csv"}, "source.column", "is required; this source takes: csv, column"),
        (
            {"csv": "a.csv", "column": "kw", "colunm": 1},
            "source.colunm",
            "is an unknown option; this source takes",
        ),
        ({"csv": "a.csv", "column": "kw", "timezone": "Mars"}, "source.timezone", "is not a timezone"),
        ({"csv": "a.csv", "column": "kw", "unit": "kiloWhat"}, "source.unit", "is not a unit"),
        ({"csv": "a.csv", "column": "kw", "stamp": "middle"}, "source.stamp", "should be 'start' or 'end'"),
        ({"csv": "a.csv", "column": "kw", "resolution": "half an hour"}, "source.resolution", ""),
        (
            {"csv": "a.csv", "column": "kw", "resolution": "-PT15M"},
            "source.resolution",
            "must be longer than zero",
        ),
        ({"simulated": "wind"}, "source.simulated", "cannot be simulated; what can be: price, pv"),
        ({"simulated": ["pv"]}, "source.simulated", "cannot be simulated"),
        ({"simulated": "pv"}, "source.peak", "is required; this source takes"),
        ({"simulated": "pv", "peak": "6 kWh"}, "source.peak", 'cannot be turned into "kW"'),
        ({"simulated": "pv", "peak": "-6 kW"}, "source.peak", "must not be negative"),
        (
            {"simulated": "load", "profile": "castle", "yearly": "3 MWh"},
            "source.profile",
            "should be 'home', 'office'",
        ),
    ],
)
def test_a_fault_is_named_by_field_value_and_what_would_be_right(source, field, message) -> None:
    [(found, _, said)] = check_source(source)
    assert found == field
    assert message in said
