from __future__ import annotations

import numpy as np
import pytest

from flex_pipeline.scheduling.compiling import compile_part
from flex_pipeline.scheduling.composing import Join, compose
from flex_pipeline.scheduling.highs import solve_program
from flex_pipeline.scheduling.linear_program import LinearProgram
from tests.scheduling.declared import SinkShape, SourceShape


def two_sources_and_a_sink() -> LinearProgram:
    source, sink = (compile_part(shape(steps=2, hours=1.0)) for shape in (SourceShape, SinkShape))
    joins = [Join(0, "sent", 2, "received"), Join(1, "sent", 2, "received")]
    template = compose([source, source, sink], joins)
    given = [
        {"rate": np.array([1.0, 2.0]), "most": np.array([5.0, 5.0])},
        {"rate": np.array([3.0, 4.0]), "most": np.array([1.0, 1.0])},
        {"need": np.array([100.0, 8.0])},
    ]
    return LinearProgram.stamped(template, template.vector(given))


def test_what_a_port_sends_enters_the_rows_of_its_node() -> None:
    program = two_sources_and_a_sink()

    # 4·(2·1·x + 1 + 2·3·x' + 1) + y ≥ 100 in the first step: 8x + 24x' + y ≥ 92
    assert program.matrix.toarray().tolist() == [[8, 0, 24, 0, 1, 0], [0, 16, 0, 32, 0, 1]]
    assert program.row_lower.tolist() == [92, 0]
    assert program.col_upper.tolist() == [5, 5, 1, 1, np.inf, np.inf]


def test_the_whole_is_solved_as_one() -> None:
    solution = solve_program(two_sources_and_a_sink(), "money")

    # x' = 1 gives 24 for 3, x = 5 gives 40 for 15, and y the other 28 for 280
    assert solution.value == pytest.approx(3 + 15 + 280)
