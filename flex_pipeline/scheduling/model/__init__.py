"""The optimisation model in plain Pyomo: one module per concept, one short rule per equation.

Parts are declared one by one and joined at their ports: as matrices where it has to be fast, and by `plain_model`
as one Pyomo model of the whole problem, which any solver can take as it stands.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
from pyomo.environ import Block, ConcreteModel, Objective

from flex_pipeline.scheduling.model.process import declare_process
from flex_pipeline.scheduling.model.site import declare_site
from flex_pipeline.scheduling.model.stock import declare_stock
from flex_pipeline.scheduling.model.storage import declare_storage
from flex_pipeline.scheduling.parts import Part, Shape
from flex_pipeline.scheduling.parts.process import ProcessShape
from flex_pipeline.scheduling.parts.site import SiteShape
from flex_pipeline.scheduling.parts.stock import StockShape
from flex_pipeline.scheduling.parts.storage import StorageShape

DECLARE = {
    SiteShape: declare_site,
    StorageShape: declare_storage,
    StockShape: declare_stock,
    ProcessShape: declare_process,
}


def declare_part(block: Block, shape: Shape) -> None:
    """Fill a block with the variables, constraints, ports, nodes and objectives of a shape."""
    DECLARE[type(shape)](block, shape)
