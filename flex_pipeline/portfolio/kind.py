"""What a sensor tells of."""

from typing import Literal

Kind = Literal[
    "price",  # currency per energy
    "emissions",  # CO2 that energy from the grid stands for, such as gCO2/kWh
    "load",  # electric power, consumption
    "power",  # electric power of a device as its meter says, consumption positive; never forecast
    "pv",  # electric power, production (stated positive)
    "temperature",
    "irradiance",
    "heat",  # thermal power taken out of a store
    "efficiency",  # a ratio, for example the coefficient of performance of a heat pump
    "availability",  # power that a device may take: 0 where an EV is away
    "usage",  # power taken out of a store by use: driving
    "soc-minima",  # energy that must be in store at the start of the step; empty where nothing is asked
    "soc",  # energy that was measured in store at the start of the step, or its share; never forecast
    "meter-total",  # energy that a meter has counted until the start of the step
    "ev-session",  # not a series: charging sessions, with their times and energies
]
