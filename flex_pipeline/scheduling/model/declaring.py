"""Which function declares which kind of part."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from pyomo.environ import Block

from flex_pipeline.scheduling.model.process import declare_process
from flex_pipeline.scheduling.model.site import declare_site
from flex_pipeline.scheduling.model.stock import declare_stock
from flex_pipeline.scheduling.model.storage import declare_storage
from flex_pipeline.scheduling.parts import Shape
from flex_pipeline.scheduling.parts.process import ProcessShape
from flex_pipeline.scheduling.parts.site import SiteShape
from flex_pipeline.scheduling.parts.stock import StockShape
from flex_pipeline.scheduling.parts.storage import StorageShape

DECLARE: dict[type[Shape], Callable[[Block, Any], None]] = {
    SiteShape: declare_site,
    StorageShape: declare_storage,
    StockShape: declare_stock,
    ProcessShape: declare_process,
}


def declare_part(block: Block, shape: Shape) -> None:
    """Fill a block with the variables, constraints, ports, nodes and objectives of a shape."""
    DECLARE[type(shape)](block, shape)
