"""What a device states for itself holds for it; its mates have what the site states."""

from typing import Any

import pytest

from flex_pipeline.scheduling import ProblemError, read_problem, solve

MORNING = "2025-06-10T01:00:00+00:00"


def problem(**of_first: Any) -> dict[str, Any]:
    """Two batteries of 1 kW that are empty, and are both asked for 3 kWh in an hour."""
    battery = {
        "soc-at-start": "0 kWh",
        "soc-max": "5 kWh",
        "power-capacity": "1 kW",
        "soc-minima": [{"datetime": MORNING, "value": "3 kWh"}],
    }
    return {
        "start": "2025-06-10T00:00:00+00:00",
        "end": "2025-06-10T01:00:00+00:00",
        "resolution": "PT1H",
        "timezone": "UTC",
        "flex_context": {"consumption-price": "0.1 EUR/kWh", "soc-minima-breach-price": "7 EUR/kWh"},
        "devices": [
            {"name": "first", "flex_model": battery} | of_first,
            {"name": "second", "flex_model": battery},
        ],
    }


def test_each_device_pays_its_own_price_for_its_breach() -> None:
    breaches = solve(read_problem(problem())).costs.breaches
    # both lack 2 kWh: 7 EUR/kWh on the largest breach and for the hour of it
    assert breaches == pytest.approx(2 * 2 * (7 + 7))

    own = solve(read_problem(problem(flex_context={"soc-minima-breach-price": "5 EUR/kWh"}))).costs.breaches
    assert own == pytest.approx(2 * (7 + 7) + 2 * (5 + 5))


def test_a_device_can_insist_where_its_site_does_not() -> None:
    # its own default price is gone with the relaxation; a price that its site states is inherited, and is soft
    given = problem(flex_context={"relax-soc-constraints": False})
    del given["flex_context"]["soc-minima-breach-price"]

    assert solve(read_problem(given)).status == "infeasible"


def test_a_former_spelling_is_told() -> None:
    notices = read_problem(problem(flex_context={"relax_soc_constraints": True})).notices

    assert any("relax_soc_constraints: is the former spelling" in notice for notice in notices)


@pytest.mark.parametrize(
    ("own", "field", "message"),
    [
        (
            {"site-power-capacity": "5 kW"},
            "devices[0].flex_context.site-power-capacity",
            "state it for the site",
        ),
        (
            {"soc-minima-breach-price": {"sensor": "a"}},
            "devices[0].flex_context.soc-minima-breach-price",
            "data",
        ),
        ({"soc-minimum": 1}, "devices[0].flex_context.soc-minimum", "is not a known field"),
        (["relax-constraints"], "devices[0].flex_context", "needs fields"),
        ({"soc-minima-breach-price": "5 USD/kWh"}, "devices", "mixes EUR and USD"),
    ],
)
def test_what_a_device_cannot_state_is_told(own: Any, field: str, message: str) -> None:
    with pytest.raises(ProblemError) as caught:
        read_problem(problem(flex_context=own))

    (fault,) = caught.value.faults
    assert fault.field == field
    assert message in fault.message


def test_a_group_has_no_context_of_its_own() -> None:
    given = problem()
    limits = {"power-capacity": "1 kW"}
    given["devices"].append(
        {
            "name": "feeder",
            "type": "group",
            "flex_model": limits,
            "flex_context": {"relax-constraints": False},
        }
    )

    with pytest.raises(ProblemError) as refused:
        read_problem(given)
    (fault,) = refused.value.faults
    assert fault.field == "devices[2].flex_context"
    assert "state its breach prices in its flex_model" in fault.message
