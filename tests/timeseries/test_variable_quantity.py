from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import pytest

from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.timeseries.variable_quantity import QuantityError, Series, parse_variable_quantity, scaled

GRID = Grid(datetime(2024, 6, 3, tzinfo=UTC), timedelta(minutes=30), 4)  # 00:00 to 02:00
NAN = float("nan")


def series(
    values: list[float | None], resolution: str = "PT1H", start: str = "2024-06-03T00:00Z"
) -> dict[str, Any]:
    return {"series": {"start": start, "resolution": resolution, "unit": "kW", "values": values}}


def at(time: str) -> str:
    return f"2024-06-03T{time}Z"


def test_a_fixed_value_holds_throughout() -> None:
    assert parse_variable_quantity("0.1 MW", "power").on(GRID).tolist() == [100] * 4


def test_coarser_values_are_held_exactly() -> None:
    assert parse_variable_quantity(series([0.1, 0.7]), "power").on(GRID).tolist() == [0.1, 0.1, 0.7, 0.7]


def test_finer_values_are_averaged() -> None:
    quantity = parse_variable_quantity(series([1, 3, None, 4, 5, 5, 6, 8], "PT15M"), "power")

    assert quantity.on(GRID).tolist() == [2, 4, 5, 7]


def test_values_off_the_grid_are_weighed_by_time() -> None:
    quantity = parse_variable_quantity(series([0, 6], start="2024-06-03T00:10Z"), "power")

    # 00:00–00:10 unknown; 01:00–01:30 holds 10 minutes of 0 and 20 of 6; 6 until 02:10
    assert quantity.on(GRID) == pytest.approx([0, 0, 4, 6])


def test_what_is_unknown_is_nan_unless_filled() -> None:
    quantity = parse_variable_quantity(series([None, 2]), "power")

    np.testing.assert_equal(quantity.on(GRID), [NAN, NAN, 2, 2])
    assert quantity.on(GRID, fill=0.0).tolist() == [0, 0, 2, 2]


def test_a_tariff_is_added_to_a_market_series() -> None:
    raw = series([60, -10]) | {"plus": "0.12 EUR/kWh"}
    raw["series"]["unit"] = "EUR/MWh"

    assert parse_variable_quantity(raw, "energy price").on(GRID) == pytest.approx([0.18, 0.18, 0.11, 0.11])


def test_a_default_stands_in_for_what_is_unknown_and_says_where() -> None:
    quantity = parse_variable_quantity(
        series([None, 2], start="2024-06-03T00:15Z") | {"default": "8 kW"}, "power"
    )

    # 00:15 to 01:15 is unknown, and what comes before 00:15 too; 01:00 to 01:30 is half of each
    assert isinstance(quantity, Series)
    assert quantity.on(GRID).tolist() == [8, 8, 5, 2]
    assert quantity.defaulted(GRID).tolist() == [True, True, True, False]


def test_a_tariff_is_added_to_the_default_of_a_market_series_too() -> None:
    quantity = parse_variable_quantity(series([None, 2]) | {"default": "8 kW", "plus": "1 kW"}, "power")

    assert quantity.on(GRID).tolist() == [9, 9, 3, 3]


def test_energy_per_interval_is_read_as_its_mean_power() -> None:
    raw = series([1, 2, 3, 4], "PT15M")
    raw["series"]["unit"] = "kWh"

    # 3 kWh in the first half hour, 7 in the second
    assert parse_variable_quantity(raw, "power").on(GRID)[:2].tolist() == [6, 14]


def test_where_two_intervals_meet_the_one_that_begins_comes_first() -> None:
    first, *_, last = parse_variable_quantity(series([5, 6]), "power").spans(GRID)

    assert (first.value, last.value) == (6, 5)
    assert first.start_utc == last.end_utc


@pytest.mark.parametrize("raw", ["4 kW", series([4, 8]), [{"value": "4 kW", "datetime": at("00:00")}]])
def test_every_form_can_be_scaled(raw: Any) -> None:
    quantity = parse_variable_quantity(raw, "power")

    assert scaled(quantity, 0.5).on(GRID)[0] == quantity.on(GRID)[0] / 2


@pytest.mark.parametrize(("overlap", "value"), [("first", 5), ("min", 3), ("max", 9)])
def test_overlapping_segments_follow_the_policy(overlap: Any, value: float) -> None:
    segments = [{"value": f"{x} kW", "start": at("00:30"), "end": at("01:00")} for x in (5, 9, 3)]

    np.testing.assert_equal(
        parse_variable_quantity(segments, "power").on(GRID, overlap), [NAN, value, NAN, NAN]
    )


def test_a_segment_may_state_any_two_of_start_end_and_duration() -> None:
    for bounds in (
        {"start": at("00:30"), "end": at("01:30")},
        {"start": at("00:30"), "duration": "PT1H"},
        {"end": at("01:30"), "duration": "PT1H"},
    ):
        quantity = parse_variable_quantity([{"value": "1 kW", **bounds}], "power")
        np.testing.assert_equal(quantity.on(GRID), [NAN, 1, 1, NAN])


def test_a_segment_that_covers_part_of_a_step_is_averaged_with_its_filling() -> None:
    usage = parse_variable_quantity([{"value": "6 kW", "start": at("00:20"), "end": at("01:00")}], "power")

    assert usage.on(GRID, fill=0.0) == pytest.approx([2, 6, 0, 0])


def test_an_instant_speaks_for_the_step_it_lies_in() -> None:
    quantity = parse_variable_quantity([{"value": "1 kW", "datetime": at("01:10")}], "power")

    np.testing.assert_equal(quantity.on(GRID), [NAN, NAN, 1, NAN])


@pytest.mark.parametrize(
    ("raw", "path", "message"),
    [
        ([{"value": "1 kW"}], "[0]", "needs datetime, or two of"),
        ([{"value": "1 kWh", "datetime": at("01:00")}], "[0].value", "is an energy, not a power"),
        ([{"value": "1 kW", "datetime": "01:00"}], "[0].datetime", "is not a time"),
        ([{"value": "1 kW", "start": at("02:00"), "end": at("01:00")}], "[0].end", "before the start"),
        ([{"value": "1 kW", "strat": at("02:00")}], "[0].strat", "is unknown here"),
        ({"series": {"start": at("00:00")}}, ".series", "lacks resolution, unit, values"),
        (series(["x"]), ".series.values", "not a number"),  # type: ignore[list-item]
        (series([1]) | {"plus": "1 kWh"}, ".plus", "is an energy"),
    ],
)
def test_an_error_says_where_it_is(raw: Any, path: str, message: str) -> None:
    with pytest.raises(QuantityError, match=message) as caught:
        parse_variable_quantity(raw, "power")

    assert caught.value.path == path
