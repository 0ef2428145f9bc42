"""Statements on a grid of four hours; 2 kWh can be charged and 1 kWh discharged per step."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import numpy as np

from flex_pipeline.scheduling.soc_statements import Statements
from flex_pipeline.timeseries.grid import Grid
from flex_pipeline.timeseries.variable_quantity import Span

NAN = float("nan")


def statements() -> Statements:
    grid = Grid(datetime(2024, 6, 3, tzinfo=UTC), timedelta(hours=1), 4)
    return Statements(grid, np.full(4, 2.0), np.full(4, 1.0))


def span(value: float, start: float, end: float | None = None) -> Span:
    day = datetime(2024, 6, 3, tzinfo=UTC)
    return Span(day + timedelta(hours=start), day + timedelta(hours=start if end is None else end), value)


def test_an_instant_binds_at_the_end_of_the_step_before_it() -> None:
    asked = statements()
    asked.add_minima([span(5, 2)])

    np.testing.assert_equal(asked.minima, [NAN, 5, NAN, NAN])


def test_a_range_includes_both_ends() -> None:
    asked = statements()
    asked.add_maxima([span(5, 2, 4)])

    np.testing.assert_equal(asked.maxima, [NAN, 5, 5, 5])


def test_the_start_of_the_window_is_past() -> None:
    asked = statements()
    asked.add_targets([span(5, -1, 0)])

    assert np.isnan(asked.targets).all()


def test_overlaps_take_the_stricter_bound_and_the_first_target() -> None:
    asked = statements()
    asked.add_minima([span(3, 2), span(5, 2), span(4, 2)])
    asked.add_maxima([span(8, 2), span(6, 2), span(7, 2)])
    asked.add_targets([span(5, 2), span(6, 2)])

    assert (asked.minima[1], asked.maxima[1], asked.targets[1]) == (5, 6, 5)


def test_a_minimum_between_steps_is_loosened_at_its_neighbours() -> None:
    asked = statements()
    asked.add_minima([span(5, 1.25)])

    # a quarter of 2 kWh can still be charged before it, three quarters of 1 kWh be discharged after it
    np.testing.assert_allclose(asked.minima, [4.5, 4.25, NAN, NAN])
    assert len(asked.projected) == 1


def test_a_maximum_between_steps_is_loosened_the_other_way() -> None:
    asked = statements()
    asked.add_maxima([span(5, 1.25)])

    np.testing.assert_allclose(asked.maxima, [5.25, 6.5, NAN, NAN])


def test_a_target_between_steps_holds_at_the_next_and_bounds_the_one_before() -> None:
    asked = statements()
    asked.add_targets([span(5, 1.5)])

    np.testing.assert_equal(asked.targets, [NAN, 5, NAN, NAN])
    assert (asked.minima[0], asked.maxima[0]) == (4, 5.5)


def test_what_begins_after_the_end_asks_nothing() -> None:
    asked = statements()
    asked.add_minima([span(5, 4.5), span(3, 3, 6)])

    np.testing.assert_equal(asked.minima, [NAN, NAN, 3, 3])
    assert len(asked.late) == 2
