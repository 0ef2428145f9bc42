"""The whole problem as one Pyomo model, which any solver can take as it stands: the reference of the tests."""

from __future__ import annotations

from pyomo.environ import Binary, Block, ConcreteModel, Objective, Var

from flex_pipeline.scheduling.model.declaring import declare_part
from flex_pipeline.scheduling.parts import Part, parts_of
from flex_pipeline.scheduling.problem import Problem

DIRECTIONS = ("charging", "negative")  # relaxed in a part, so that only the steps that need it become integer


def plain_model(problem: Problem, *, directed: bool = True) -> ConcreteModel:
    """One block per part, every direction a binary, and the objective money.

    The processes of the problem are those that are yet to be placed. Not `directed`, it is the relaxation that a
    search begins with: a storage may charge and discharge at once.
    """
    model = ConcreteModel()
    parts = parts_of(problem, directed=directed)
    blocks = {part.key: Block() for part in parts}
    for i, part in enumerate(parts):
        model.add_component(f"part_{i}", blocks[part.key])
        _declare(blocks[part.key], part)
        if directed:
            _choose_directions(blocks[part.key])
    for part in parts:
        for link in part.links:
            port, node = blocks[link.source].component(link.port), blocks[link.target].component(link.node)
            for t in node:
                node[t].expr = node[t].expr + port[t].expr
    model.money = Objective(expr=sum(block.money.expr for block in blocks.values()))
    return model


def _declare(block: Block, part: Part) -> None:
    declare_part(block, part.shape)
    for name, values in part.parameters.items():
        param = block.find_component(name)
        for index, value in zip(param, values.tolist(), strict=True):
            param[index] = value


def _choose_directions(block: Block) -> None:
    for variable in block.component_objects(Var):
        if variable.local_name in DIRECTIONS:
            variable.domain = Binary
