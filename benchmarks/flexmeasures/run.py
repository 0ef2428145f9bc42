"""Solve scheduling problems with FlexMeasures' `device_scheduler`: JSON lines in, JSON lines out.

Started with the Python of an environment that has FlexMeasures, never imported. The first line out holds its
version; then each problem (`benchmarks/scheduling/partner.py` says which numbers) is answered with its cost
and the CPU time of the call. No database: the function takes frames, and making them is not timed.
"""

from __future__ import annotations

import json
import os
import sys
from importlib.metadata import version
from time import process_time
from typing import Any

import pandas as pd
from flask import Flask
from flexmeasures.data.models.planning.linear_optimization import device_scheduler

Numbers = dict[str, Any]


def main() -> None:
    """Answer until there are no more lines."""
    app = Flask("benchmark")
    # its default solver: HiGHS without Pyomo
    app.config |= {
        "FLEXMEASURES_LP_SOLVER": "highspy",
        "FLEXMEASURES_LP_SOLVER_OPTIONS": {},
        "LOGGING_LEVEL": "INFO",
    }
    answers = os.fdopen(os.dup(1), "w")
    os.dup2(os.open(os.devnull, os.O_WRONLY), 1)  # HiGHS prints its banner there, which is no answer
    say(answers, {"version": version("flexmeasures")})
    with app.app_context():
        for line in sys.stdin:
            say(answers, solve(json.loads(line)))


def say(stream: Any, answer: Numbers) -> None:
    """One line."""
    print(json.dumps(answer), file=stream, flush=True)


def solve(problem: Numbers) -> Numbers:
    """Cost in currency, and CPU seconds of `device_scheduler`."""
    arguments = frames(problem)
    start = process_time()
    _, cost, results, _ = device_scheduler(**arguments)
    elapsed = process_time() - start
    if str(results.solver.termination_condition) != "optimal":
        raise RuntimeError(f"not solved: {results.solver.termination_condition}")
    return {"cost": float(cost), "cpu_seconds": elapsed}


def frames(problem: Numbers) -> dict[str, Any]:
    """Powers stay in kW and stocks in kW·steps: `device_scheduler` is indifferent to the unit."""
    step = pd.Timedelta(minutes=problem["step_minutes"])
    index = pd.date_range(problem["start"], periods=len(problem["fixed_kw"]), freq=step)
    hours = step / pd.Timedelta(hours=1)
    limits = {
        "derivative max": problem["import_limit_kw"],
        "derivative min": negative(problem["export_limit_kw"]),
    }
    devices = [device_frame(device, index, hours) for device in problem["devices"]]
    return {
        "device_constraints": [*devices, fixed_frame(problem["fixed_kw"], index)],
        "ems_constraints": pd.DataFrame(limits, index),
        "commitments": commitments(problem, index, hours),
        "initial_stock": [device["start_kwh"] / hours for device in problem["devices"]] + [0.0],
    }


def device_frame(device: Numbers, index: pd.DatetimeIndex, hours: float) -> pd.DataFrame:
    """Its stock counts from the start, as in FlexMeasures."""
    columns = {
        "min": [(kwh - device["start_kwh"]) / hours for kwh in device["floor_kwh"]],
        "max": [(kwh - device["start_kwh"]) / hours for kwh in device["ceiling_kwh"]],
        "equals": float("nan"),
        "derivative min": negative(device["discharge_limit_kw"]),
        "derivative max": device["charge_limit_kw"],
        "derivative equals": float("nan"),
        "derivative down efficiency": device["discharging_efficiency"],
        "derivative up efficiency": device["charging_efficiency"],
        "efficiency": device["retention"],
        "stock delta": device["external_kw"],
    }
    return pd.DataFrame(columns, index)


def fixed_frame(fixed_kw: list[float], index: pd.DatetimeIndex) -> pd.DataFrame:
    """Load and sun: a device whose power is given."""
    nothing = dict.fromkeys(("min", "max", "equals", "derivative min", "derivative max"), float("nan"))
    return pd.DataFrame({**nothing, "derivative equals": fixed_kw}, index)


def commitments(problem: Numbers, index: pd.DatetimeIndex, hours: float) -> list[pd.DataFrame]:
    """Net energy at its two prices; and the highest power at its own, in one group of all steps."""
    energy = {
        "quantity": 0.0,
        "upwards deviation price": [price * hours for price in problem["consumption_price"]],
        "downwards deviation price": [price * hours for price in problem["production_price"]],
        "group": range(len(index)),
    }
    if problem["peak_price"] is None:
        return [pd.DataFrame(energy, index)]
    peak = {
        "quantity": problem["peak_paid_kw"],
        "upwards deviation price": problem["peak_price"],
        "downwards deviation price": 0.0,
        "group": 0,
    }
    return [pd.DataFrame(energy, index), pd.DataFrame(peak, index)]


def negative(values: list[float]) -> list[float]:
    """What flows out is negative there."""
    return [-value for value in values]


if __name__ == "__main__":
    main()
