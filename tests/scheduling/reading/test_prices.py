"""What happens where a price is unknown: four hourly steps of 3 June 2024."""

from __future__ import annotations

from typing import Any

import pytest

from flex_pipeline.scheduling import Problem, ProblemError, read_problem
from tests.scheduling.sites import at, battery, series, site

GAPS = [None, 0.2, None, 0.4]


def priced(policy: str | None, values: list[float | None], **context: Any) -> Problem:
    fill = {} if policy is None else {"fill_missing_prices": policy}
    price = {"consumption_price": series(values, "EUR/kWh")}
    return read_problem(site([0.1] * 4, battery(), **(price | fill | context)))


def refusal(policy: str | None, values: list[float | None], **context: Any) -> str:
    with pytest.raises(ProblemError) as caught:
        priced(policy, values, **context)
    return str(caught.value)


@pytest.mark.parametrize(
    ("policy", "hours"), [(None, "02:00 to 03:00"), ("edges", "02:00 to 03:00"), ("none", "00:00 to 01:00")]
)
def test_hours_that_the_policy_does_not_fill_are_named(policy: str | None, hours: str) -> None:
    assert f"flex_context.consumption-price: knows no price 2024-06-03 {hours}" in refusal(policy, GAPS)


def test_hold_repeats_the_last_known_price_and_says_when() -> None:
    problem = priced("hold", GAPS)

    assert problem.site.consumption_price.tolist() == [0.2, 0.2, 0.2, 0.4]
    assert "2024-06-03 00:00 to 01:00, 2024-06-03 02:00 to 03:00" in problem.notices[0]


def test_nothing_is_held_where_nothing_is_known() -> None:
    assert "knows no price in the window" in refusal("hold", [None] * 4)


def test_a_default_is_used_with_a_notice_whatever_the_policy() -> None:
    price = series(GAPS, "EUR/kWh") | {"default": "0.3 EUR/kWh"}

    problem = priced("none", GAPS, consumption_price=price)

    assert problem.site.consumption_price.tolist() == [0.3, 0.2, 0.3, 0.4]
    assert "00:00 to 01:00, 2024-06-03 02:00 to 03:00: its default of 0.3 holds" in problem.notices[0]


@pytest.mark.parametrize(
    "name",
    [
        "production-price",
        "site-peak-consumption-price",
        "site-consumption-breach-price",
        "soc-minima-breach-price",
    ],
)
def test_no_price_is_ever_taken_as_zero(name: str) -> None:
    unit = "EUR/kW" if name.startswith("site") else "EUR/kWh"
    context = {name: series([1.0, None, None, 1.0], unit), "site-consumption-capacity": "5 kW"}

    assert f"flex_context.{name}: knows no price 2024-06-03 01:00 to 03:00" in refusal(
        None, [0.1] * 4, **context
    )


def test_wear_and_commitments_follow_the_policy_too() -> None:
    gap = series([1.0, None, 1.0, 1.0], "EUR/kWh")
    commitment = {"name": "band", "baseline": "1 kW", "up-price": gap}

    with pytest.raises(ProblemError) as caught:
        read_problem(site([0.1] * 4, battery(wear_price=gap), commitments=[commitment]))

    assert {fault.field for fault in caught.value.faults} == {
        "battery.wear-price",
        "flex_context.commitments[0].up-price",
    }


def test_segments_of_a_peak_price_cost_nothing_outside_on_purpose() -> None:
    segments = [{"value": "2 EUR/kW", "start": at(1), "end": at(3)}]

    peak = priced(None, [0.1] * 4, site_peak_consumption_price=segments).site.import_peak

    assert peak is not None
    assert peak.price.tolist() == [0, 2, 2, 0]
