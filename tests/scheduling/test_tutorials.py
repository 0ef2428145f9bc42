"""FlexMeasures' tutorials, with the published numbers or those of an independent model of the same problem.

Quarter-hours of an hour cost the same; among them a battery charges sooner and discharges later, as published.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pytest

from flex_pipeline.scheduling import Schedule, read_problem, solve

PRICES = [10, 11, 12, 15, 18, 17, 10.5, 9, 9.5, 9, 8.5, 10, 8, 5, 4, 4, 5.5, 8, 12, 13, 14, 12.5, 10, 7]
PV_KW = [0, 0, 0, 0, 10, 30, 60, 100, 140, 170, 190, 210, 220, 210, 190, 170, 140, 100, 60, 30, 10, 0, 0, 0]
DAY = "2024-02-05"


def hourly(values: Sequence[float], unit: str) -> dict[str, Any]:
    return {
        "series": {"start": f"{DAY}T00:00+01:00", "resolution": "PT1H", "unit": unit, "values": list(values)}
    }


def problem(context: dict[str, Any], devices: list[dict[str, Any]], **window: str) -> dict[str, Any]:
    return {
        "start": f"{DAY}T07:00+01:00",
        "end": f"{DAY}T19:00+01:00",
        "resolution": "PT15M",
        "timezone": "Europe/Amsterdam",
        "flex_context": context,
        "devices": devices,
        **window,
    }


def battery(**changes: Any) -> dict[str, Any]:
    model = {
        "soc-at-start": "225 kWh",
        "soc-min": "50 kWh",
        "soc-max": "450 kWh",
        "power-capacity": "500 kVA",
        "roundtrip-efficiency": "90%",
    }
    return {"name": "battery", "type": "storage", "flex_model": model | changes}


def by_hour(schedule: Schedule, device: str) -> np.ndarray[Any, Any]:
    return schedule.devices[device].power_kw.reshape(-1, 4).sum(axis=1) / 4


def by_step(hours: dict[int, list[float]]) -> list[float]:
    """The published table as one row: quarter-hours from 07:00 to 19:00, zero in hours that it leaves out."""
    return [kw for hour in range(7, 19) for kw in hours.get(hour, [0, 0, 0, 0])]


# a full cycle fills 400 kWh through √0.9: 1500/4 kWh at full power, the last quarter-hour at what is left
LAST_CHARGE = 400 * 4 / np.sqrt(0.9) - 1500  # 186.55 kW
FIRST_DISCHARGE = 400 * 4 * np.sqrt(0.9) - 1500  # 17.89 kW


def test_tutorial_1_the_battery_runs_two_full_cycles() -> None:
    context = {"consumption-price": hourly(PRICES, "EUR/MWh"), "site-power-capacity": "500 kVA"}

    schedule = solve(read_problem(problem(context, [battery()])))

    assert schedule.costs.total == pytest.approx(-4.655136, abs=1e-6)
    device = schedule.devices["battery"]
    expected = by_step(
        {
            8: [0, 0, -(175 * 4 * np.sqrt(0.9) - 500), -500],  # from 225 down to 50 kWh: 164.08 kW
            10: [500, 500, 500, LAST_CHARGE],
            11: [-FIRST_DISCHARGE, -500, -500, -500],
            14: [500, 500, 500, LAST_CHARGE],
            18: [-FIRST_DISCHARGE, -500, -500, -500],
        }
    )
    np.testing.assert_allclose(device.power_kw, expected, atol=1e-4)
    assert device.soc_kwh is not None
    ends = [225, 225, 50, 50, 450, 50, 50, 50, 450, 450, 450, 450, 50]
    np.testing.assert_allclose(device.soc_kwh[::4], ends, atol=1e-4)
    np.testing.assert_allclose(schedule.site_power_kw, expected, atol=1e-4)


def test_tutorial_2_pv_and_battery_share_the_connection() -> None:
    context = {
        "consumption-price": hourly(PRICES, "EUR/MWh"),
        "site-power-capacity": "500 kVA",
        "inflexible-production": [hourly(PV_KW, "kW")],
    }

    schedule = solve(read_problem(problem(context, [battery()])))

    pv = np.repeat(PV_KW[7:19], 4)
    pv_income = 0.25 * float(np.repeat(PRICES[7:19], 4) @ pv) / 1000
    assert schedule.costs.total == pytest.approx(-18.620429, abs=1e-6)
    assert schedule.costs.total + pv_income == pytest.approx(-4.605429, abs=1e-6)
    # connection less PV: 500 − 140 at 8 h, 500 − 210 at 11 h, 500 − 60 at 18 h; at 10 h only what 11 h can sell
    device = schedule.devices["battery"]
    expected = by_step(
        {
            8: [0, 0, -(175 * 4 * np.sqrt(0.9) - 360), -360],
            10: [500, 500, 4 * 290 / 0.9 - 1000, 0],  # 288.89 kW
            11: [-290, -290, -290, -290],
            14: [500, 500, 500, LAST_CHARGE],
            18: [-(400 * 4 * np.sqrt(0.9) - 3 * 440), -440, -440, -440],  # 197.89 kW
        }
    )
    np.testing.assert_allclose(device.power_kw, expected, atol=1e-4)
    assert device.soc_kwh is not None
    full = 50 + 290 / np.sqrt(0.9)  # 355.69 kWh
    ends = [225, 225, 50, 50, full, 50, 50, 50, 450, 450, 450, 450, 50]
    np.testing.assert_allclose(device.soc_kwh[::4], ends, atol=1e-4)
    np.testing.assert_allclose(schedule.site_power_kw, expected - pv, atol=1e-4)


@pytest.mark.parametrize(
    ("kind", "hours", "cost"),
    [
        ("INFLEXIBLE", [0, 1, 2, 3], 9.60),
        ("SHIFTABLE", [11, 12, 13, 14], 5.40),
        ("BREAKABLE", [13, 14, 16, 23], 4.30),
    ],
)
def test_tutorial_3_processes_take_the_published_hours(kind: str, hours: list[int], cost: float) -> None:
    model = {
        "power": "200 kW",
        "duration": "PT4H",
        "process-type": kind,
        "time-restrictions": [{"start": f"{DAY}T15:00+01:00", "duration": "PT1H"}],
    }
    window = {"start": f"{DAY}T00:00+01:00", "end": "2024-02-06T00:00+01:00"}
    devices = [{"name": "process", "type": "process", "flex_model": model}]

    schedule = solve(
        read_problem(problem({"consumption-price": hourly(PRICES, "EUR/MWh")}, devices, **window))
    )

    assert np.flatnonzero(by_hour(schedule, "process")).tolist() == hours
    assert schedule.costs.total == pytest.approx(cost)


CURTAILMENT = {
    "consumption-price": "10 EUR/MWh",
    "production-price": [
        {"value": "4 EUR/MWh", "start": f"{DAY}T05:00+01:00", "end": f"{DAY}T12:00+01:00"},
        {"value": "-10 EUR/MWh", "start": f"{DAY}T12:00+01:00", "end": f"{DAY}T14:00+01:00"},
        {"value": "4 EUR/MWh", "start": f"{DAY}T14:00+01:00", "end": f"{DAY}T21:00+01:00"},
    ],
    "site-power-capacity": "500 kVA",
}
PV = {
    "name": "pv",
    "type": "storage",
    "flex_model": {
        "power-capacity": "500 kW",
        "consumption-capacity": "0 kW",
        "production-capacity": hourly(PV_KW, "kW"),
    },
}


def test_tutorial_curtailment_pv_stops_while_production_costs_money() -> None:
    schedule = solve(read_problem(problem(CURTAILMENT, [PV])))

    assert schedule.costs.total == pytest.approx(-5.88)
    produced = -by_hour(schedule, "pv")
    np.testing.assert_allclose(
        produced, np.where([h in (12, 13) for h in range(7, 19)], 0, PV_KW[7:19]), atol=1e-6
    )


def test_tutorial_curtailment_the_battery_saves_what_would_be_lost() -> None:
    schedule = solve(read_problem(problem(CURTAILMENT, [PV, battery()])))

    assert schedule.costs.total == pytest.approx(-8.061972, abs=1e-6)
    # 400 kWh of stock take 421.6 kWh of the 430 kWh that PV offers from 12 to 14 h
    curtailed = sum(PV_KW[7:19]) + by_hour(schedule, "pv").sum()
    assert curtailed == pytest.approx(430 - 400 / np.sqrt(0.9), abs=1e-3)


def test_tutorial_curtailment_with_day_ahead_prices_and_a_larger_battery() -> None:
    context = {"consumption-price": hourly(PRICES, "EUR/MWh"), "site-power-capacity": "500 kVA"}

    schedule = solve(read_problem(problem(context, [PV, battery(**{"soc-max": "900 kWh"})])))

    assert schedule.costs.total == pytest.approx(-20.380429, abs=1e-6)


def test_tutorial_v2g_a_range_of_minima_holds_the_car_ready() -> None:
    model = {
        "soc-at-start": "30 kWh",
        "soc-min": "15 kWh",
        "soc-max": "60 kWh",
        "soc-maxima": [
            {"value": "51 kWh", "start": "2024-02-04T10:35+01:00", "end": "2024-02-05T04:25+01:00"}
        ],
        "soc-minima": [
            {"value": "57 kWh", "start": "2024-02-05T08:00+01:00", "end": "2024-02-05T08:15+01:00"}
        ],
        "power-capacity": "11 kW",
        "roundtrip-efficiency": "90%",
    }
    prices = {"series": {**hourly(PRICES * 2, "EUR/MWh")["series"], "start": "2024-02-04T00:00+01:00"}}
    window = {"start": "2024-02-04T10:35+01:00", "end": "2024-02-05T10:35+01:00", "resolution": "PT5M"}
    devices = [{"name": "car", "type": "storage", "flex_model": model}]

    schedule = solve(read_problem(problem({"consumption-price": prices}, devices, **window)))

    soc = schedule.devices["car"].soc_kwh
    full, ready = int((17 + 50 / 60) * 12), int((21 + 25 / 60) * 12)  # 04:25 and 08:00 after 10:35, in steps
    assert schedule.status == "optimal"
    assert soc is not None
    assert soc[: full + 1].max() <= 51 + 1e-6
    assert soc[full + 1 :].max() > 51
    assert soc[ready : ready + 4].min() >= 57 - 1e-6
