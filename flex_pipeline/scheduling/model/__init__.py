"""The optimisation model of one site, in plain Pyomo: one module per concept, one short rule per equation."""

from __future__ import annotations

from collections.abc import Callable, Container
from functools import partial
from itertools import chain

import numpy as np
from pyomo.environ import Block, ConcreteModel, Objective, Var

from flex_pipeline.scheduling.model import process as process_model
from flex_pipeline.scheduling.model import storage as storage_model
from flex_pipeline.scheduling.model.family import Expression
from flex_pipeline.scheduling.model.process import declare_process
from flex_pipeline.scheduling.model.site import declare_prices, declare_site
from flex_pipeline.scheduling.model.stock import declare_stock, prefer_full_sooner
from flex_pipeline.scheduling.model.storage import declare_storage
from flex_pipeline.scheduling.problem import Problem, Storage

# a plan that fills a store beyond its size cannot be carried out, one that overloads the connection melts a
# fuse; all else is a wish
VIOLATION_WEIGHT = {
    "soc_floor": 10_000.0,
    "soc_ceiling": 10_000.0,
    "site_import_limit": 100.0,
    "site_export_limit": 100.0,
}


def build(
    problem: Problem, binding: Container[tuple[str, int]] = (), *, elastic: bool = False
) -> ConcreteModel:
    """The model of a problem whose fixed processes are part of the site already.

    `binding`: (name, step) where a direction needs a binary. `elastic`: hard families give way, at a
    violation. Objectives `money`, `preference` and `violation` are ranked by whoever solves it.
    """
    hours = problem.grid.hours
    m = ConcreteModel()
    m.storage = Block(range(len(problem.storages)))
    m.stock = Block(range(len(problem.stocks)))
    m.process = Block(range(len(problem.processes)))
    cost: Expression = 0.0
    powers: list[Callable[[int], Expression]] = []
    for i, storage in enumerate(problem.storages):
        cost += declare_storage(m.storage[i], storage, hours, binding)
        powers.append(partial(storage_model.power, m.storage[i]))
    for k, stock in enumerate(problem.stocks):
        feeders = [(d, m.storage[i]) for i, d in enumerate(problem.storages) if d.stock == k]
        cost += declare_stock(m.stock[k], stock, feeders, hours, elastic)
    for i, process in enumerate(problem.processes):
        declare_process(m.process[i], process)
        powers.append(partial(process_model.power, m.process[i]))
    cost += declare_site(m, problem, powers, elastic)
    cost += declare_prices(m, problem, binding, elastic)
    m.money = Objective(expr=cost)
    m.preference = Objective(expr=_preference(m, problem))
    m.violation = Objective(expr=_violation(m))
    return m


def _preference(m: ConcreteModel, problem: Problem) -> Expression:
    full = sum(prefer_full_sooner(m.stock[k], stock) for k, stock in enumerate(problem.stocks))
    return full + sum(_curtail_later(m.storage[i], storage) for i, storage in enumerate(problem.storages))


def _curtail_later(b: Block, storage: Storage) -> Expression:
    """Σ w[t]·(production-capacity − d[t]) without a stock, w falling towards the end"""
    if storage.stock is not None or not storage.prefer_curtailing_later:
        return 0.0
    n = storage.discharge_limit_kw.size
    weight = np.linspace(1, 1 / n, n).tolist()
    return sum(w * (b.discharge_limit[t] - b.discharge[t]) for t, w in enumerate(weight))


def _violation(m: ConcreteModel) -> Expression:
    reliefs = (v for v in m.component_objects(Var) if v.local_name.endswith("_relief"))
    weighted = ((VIOLATION_WEIGHT.get(v.local_name.removesuffix("_relief"), 1.0), v) for v in reliefs)
    return sum(chain.from_iterable((weight * v[t] for t in v) for weight, v in weighted))
