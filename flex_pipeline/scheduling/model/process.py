"""Process: a device that has to run, in one go or in blocks.

α 1 for the step a run starts in · β 1 for a step it runs in · φ, ψ 1 for the step a block begins, or has ended
k steps of a run · r runs · q steps between two at least · L steps of a block at least · P power of a step of a run [kW]
δ part of the work that is done
"""

from __future__ import annotations

from pyomo.environ import Binary, Block, Constraint, Var

from flex_pipeline.scheduling.model.family import Term, declare, node, number, numbers, objectives, port
from flex_pipeline.scheduling.parts.process import BlocksShape, PrecedenceShape, ProcessShape, WholeShape


def declare_process(b: Block, shape: ProcessShape) -> None:
    """A process that is yet to be placed."""
    steps = range(shape.steps)
    numbers(b, steps, "may")
    b.length = shape.length
    if isinstance(shape, WholeShape):
        _declare_runs(b, shape)
    elif isinstance(shape, BlocksShape):
        _declare_work(b, shape)
    port(b, steps, power)
    if shape.leads:
        b.done_so_far = Var(steps, bounds=(0, 1))
        declare(b, steps, work_adds_up)
        port(b, steps, done)
    if shape.follows:
        if b.component("start") is not None and b.run_count == 1:
            b.begun_so_far = Var(steps, bounds=(0, 1))
            declare(b, steps, starts_add_up)
        port(b, steps, begun)
    objectives(b, preference=_lateness(b))


def declare_precedence(b: Block, shape: PrecedenceShape) -> None:
    """One process waits for another."""
    steps = range(shape.steps)
    node(b, steps, "done")
    node(b, steps, "begun")
    declare(b, steps, waits_until_done)
    objectives(b)


def starts_as_often_as_asked(b: Block) -> Term:
    """Σ α[t] = r"""
    return sum(b.start[t] for t in b.start) == b.run_count


def starts_only_where_free(b: Block, t: int) -> Term:
    """α[t] = 0 where the run would meet a restriction or the end"""
    return b.start[t] <= b.may[t]


def one_run_at_a_time(b: Block, t: int) -> Term:
    """Σ α[t−k−q+1 … t] ≤ 1"""
    return _last(b.start, t, b.length + b.pause) <= 1


def runs_long_enough(b: Block) -> Term:
    """Σ β[t] = k"""
    return sum(b.runs[t] for t in b.runs) == b.length


def runs_only_where_allowed(b: Block, t: int) -> Term:
    """β[t] = 0 in a restriction"""
    return b.runs[t] <= b.may[t]


def blocks_begin_and_end(b: Block, t: int) -> Term:
    """β[t] − β[t−1] = φ[t] − ψ[t]"""
    return b.runs[t] - (b.runs[t - 1] if t else 0) == b.begins[t] - b.ended[t]


def blocks_begin_where_they_fit(b: Block, t: int) -> Term:
    """φ[t] = 0 where L steps would meet a restriction or the end"""
    return b.begins[t] <= b.may_begin[t]


def blocks_last(b: Block, t: int) -> Term:
    """Σ φ[t−L+1 … t] ≤ β[t]"""
    return _last(b.begins, t, b.block_length) <= b.runs[t]


def blocks_pause(b: Block, t: int) -> Term:
    """Σ ψ[t−q+1 … t] ≤ 1 − β[t]"""
    return _last(b.ended, t, b.pause) <= 1 - b.runs[t]


def blocks_enough(b: Block) -> Term:
    """Σ φ[t] ≥ minimum-blocks"""
    return sum(b.begins[t] for t in b.begins) >= b.fewest


def blocks_not_too_many(b: Block) -> Term:
    """Σ φ[t] ≤ maximum-blocks"""
    return sum(b.begins[t] for t in b.begins) <= b.most


def work_adds_up(b: Block, t: int) -> Term:
    """δ[t] = δ[t−1] + α[t−k]/r, or β[t−1]/k"""
    before = b.done_so_far[t - 1] if t else 0.0
    return b.done_so_far[t] == before + _work_ending(b, t)


def starts_add_up(b: Block, t: int) -> Term:
    """begun[t] = begun[t−1] + α[t]"""
    return b.begun_so_far[t] == (b.begun_so_far[t - 1] if t else 0.0) + b.start[t]


def waits_until_done(b: Block, t: int) -> Term:
    """begun[t] ≤ δ[t] of the process before it"""
    return b.begun[t] <= b.done[t]


def power(b: Block, t: int) -> Term:
    """p[t] = P·β[t], or Σ P[j]·α[t−j]"""
    if b.component("runs") is not None:
        return b.profile[0] * b.runs[t]
    return sum(b.profile[j] * b.start[t - j] for j in range(min(b.length, t + 1)))


def done(b: Block, t: int) -> Term:
    """δ[t], at the start of a step"""
    return b.done_so_far[t]


def begun(b: Block, t: int) -> Term:
    """1 from the start on; with several runs or blocks, while it runs"""
    if b.component("begun_so_far") is not None:
        return b.begun_so_far[t]
    return b.runs[t] if b.component("runs") is not None else _last(b.start, t, b.length)


def _declare_runs(b: Block, shape: WholeShape) -> None:
    steps = range(shape.steps)
    numbers(b, range(shape.length), "profile")
    b.run_count, b.pause = shape.runs, shape.pause
    b.start = Var(steps, within=Binary)
    declare(b, steps, starts_only_where_free)
    b.starts_as_often_as_asked = Constraint(rule=starts_as_often_as_asked)
    if shape.runs > 1:
        declare(b, steps, one_run_at_a_time)


def _declare_work(b: Block, shape: BlocksShape) -> None:
    steps = range(shape.steps)
    numbers(b, range(1), "profile")
    b.runs = Var(steps, within=Binary)
    declare(b, steps, runs_only_where_allowed)
    b.runs_long_enough = Constraint(rule=runs_long_enough)
    if shape.block is None:
        return
    b.block_length, b.pause = shape.block
    numbers(b, steps, "may_begin")
    b.begins = Var(steps, bounds=(0, 1))
    b.ended = Var(steps, bounds=(0, 1))
    declare(b, steps, blocks_begin_and_end, blocks_begin_where_they_fit, blocks_last, blocks_pause)
    if shape.counted:
        number(b, "fewest", "most")
        b.blocks_enough = Constraint(rule=blocks_enough)
        b.blocks_not_too_many = Constraint(rule=blocks_not_too_many)


def _work_ending(b: Block, t: int) -> Term:
    if b.component("runs") is not None:
        return b.runs[t - 1] / b.length if t else 0.0
    return b.start[t - b.length] / b.run_count if t >= b.length else 0.0


def _last(variable: Var, t: int, steps: int) -> Term:
    """The sum of a variable over that many steps up to t."""
    return sum(variable[s] for s in range(max(0, t - steps + 1), t + 1))


def _lateness(b: Block) -> Term:
    """Σ t·α[t], or Σ t·β[t]: sooner rather than later"""
    when = b.start if b.component("start") is not None else b.runs
    return sum(t * when[t] for t in when)
