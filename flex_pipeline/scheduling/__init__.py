"""Scheduling: the cheapest feasible plan of one site, with the proof that it is.

Pure: numbers in, numbers out. Pyomo and HiGHS are imported when a problem is solved, not before.
"""

from flex_pipeline.portfolio.fields import Fault
from flex_pipeline.scheduling.baseline import baseline
from flex_pipeline.scheduling.problem import Problem, ProblemError
from flex_pipeline.scheduling.reading import read_problem
from flex_pipeline.scheduling.schedule import DeviceSchedule, Schedule, ShadowPrice
from flex_pipeline.scheduling.solving import solve

__all__ = [
    "DeviceSchedule",
    "Fault",
    "Problem",
    "ProblemError",
    "Schedule",
    "ShadowPrice",
    "baseline",
    "read_problem",
    "solve",
]
