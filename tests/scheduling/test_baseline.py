from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from flex_pipeline.scheduling import Schedule, baseline, read_problem
from tests.scheduling.sites import at, battery, process, series, site


def without_flexibility(mapping: dict[str, Any]) -> Schedule:
    return baseline(read_problem(mapping))


def powers(schedule: Schedule, name: str = "battery") -> list[float]:
    return (np.round(schedule.devices[name].power_kw, 6) + 0.0).tolist()


def test_an_ev_charges_at_once_at_full_power() -> None:
    ev = battery("ev", production_capacity="0 kW", charging_efficiency="80%")

    schedule = without_flexibility(site([0.3, 0.2, 0.1, 0.1], ev))

    assert powers(schedule, "ev") == [5, 5, 2.5, 0]
    assert schedule.costs.total == pytest.approx(5 * 0.3 + 5 * 0.2 + 2.5 * 0.1)


def test_an_ev_waits_for_the_room_that_the_connection_leaves() -> None:
    ev = battery("ev", production_capacity="0 kW")
    context = {"site_power_capacity": "6 kW", "inflexible_consumption": [series([4, 1, 1], "kW")]}

    assert powers(without_flexibility(site([0.1] * 3, ev, **context)), "ev") == [2, 5, 3]


def test_a_heat_buffer_is_kept_full_against_its_usage() -> None:
    buffer = battery("heat", production_capacity="0 kW", soc_at_start="10 kWh", soc_usage=["3 kW"])

    assert powers(without_flexibility(site([0.1] * 3, buffer)), "heat") == [3, 3, 3]


def test_a_battery_stays_as_it_is() -> None:
    schedule = without_flexibility(site([0.1, 0.9], battery(soc_at_start="6 kWh")))

    assert powers(schedule) == [0, 0]
    assert schedule.costs.total == 0


def test_a_battery_moves_as_late_as_its_statements_allow() -> None:
    device = battery(soc_minima=[{"value": "8 kWh", "datetime": at(3)}])

    assert powers(without_flexibility(site([0.1] * 4, device))) == [0, 3, 5, 0]


def test_curtailable_generation_runs_fully() -> None:
    pv = {
        "name": "pv",
        "flex_model": {"production-capacity": series([1, 3], "kW"), "consumption-capacity": "0 kW"},
    }

    assert powers(without_flexibility(site([-0.1, 0.1], pv)), "pv") == [-1, -3]


def test_a_process_runs_as_soon_as_it_may() -> None:
    washer = process("SHIFTABLE", time_restrictions=[{"start": at(0), "duration": "PT1H"}])

    assert powers(without_flexibility(site([0.1, 0.3, 0.2, 0.1], washer)), "process") == [0, 2, 2, 0]


def test_a_car_stops_where_less_than_its_minimum_would_do() -> None:
    car = battery("car", production_capacity="0 kW", soc_max="7 kWh", minimum_charging_power="3 kW")

    schedule = without_flexibility(site([0.1] * 3, car))

    # 5 kWh in the first hour; the 2 kWh that are missing would take 2 kW
    assert powers(schedule, "car") == [5, 0, 0]
    assert schedule.status == "feasible"


def test_a_pump_of_two_stages_runs_in_the_one_that_is_nearest() -> None:
    stages = [{"consumption-range": ["0 kW", "0 kW"]}, {"consumption-range": ["4 kW", "4 kW"]}]
    pump = battery("pump", production_capacity="0 kW", soc_max="9 kWh", operation_modes=stages)

    schedule = without_flexibility(site([0.1] * 4, pump))

    # 5 kW would be wanted at first, and 1 kW to fill it up: which is nearer to 0
    assert powers(schedule, "pump") == [4, 4, 0, 0]
    assert schedule.status == "feasible"
