"""The series that can be simulated, by name."""

from __future__ import annotations

from flex_pipeline.sources.simulation.base import SimulatedSource
from flex_pipeline.sources.simulation.ev import EvAvailability, EvDepartureSoc, EvDriving
from flex_pipeline.sources.simulation.heat import Cop, HotWater
from flex_pipeline.sources.simulation.load import Load
from flex_pipeline.sources.simulation.prices import Price
from flex_pipeline.sources.simulation.pv import Pv
from flex_pipeline.sources.simulation.weather import Irradiance, Temperature

__all__ = ["SIMULATIONS", "SimulatedSource"]

SIMULATIONS: dict[str, type[SimulatedSource]] = {
    "price": Price,
    "pv": Pv,
    "irradiance": Irradiance,
    "temperature": Temperature,
    "load": Load,
    "hot-water": HotWater,
    "cop": Cop,
    "ev-availability": EvAvailability,
    "ev-driving": EvDriving,
    "ev-departure-soc": EvDepartureSoc,
}
