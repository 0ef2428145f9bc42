from __future__ import annotations

import numpy as np
import pytest

from flex_pipeline.scheduling.compiling import NotAffineError, compile_part
from flex_pipeline.scheduling.limits import WISH, Limit
from flex_pipeline.scheduling.template import ParameterError
from tests.scheduling.declared import WRONG, SinkShape, SourceShape, WrongShape


def test_a_constraint_on_one_variable_becomes_a_bound() -> None:
    template = compile_part(SourceShape(steps=2, hours=1.0))

    numbers = template.sections(
        template.numbers(template.vector([{"rate": np.ones(2), "most": np.array([7.0, 8.0])}]))
    )

    assert template.row_count == 0
    assert numbers["bound_upper"].tolist() == [7, 8]
    assert template.bounds[0, "at_most"].steps.tolist() == [0, 1]
    assert template.limits[0, "at_most"] == Limit("most", "kW", upper=True, weight=WISH)
    assert numbers["money"].tolist() == [3, 3]


def test_an_elastic_limit_gives_way_by_a_column_of_its_own() -> None:
    template = compile_part(SourceShape(steps=2, hours=1.0, elastic=True))

    assert template.columns[0, "at_most_relief"].size == 2
    assert template.rows[0, "at_most"].steps.tolist() == [0, 1]


def test_what_leaves_by_a_port_follows_the_parameters() -> None:
    template = compile_part(SourceShape(steps=2, hours=1.0))
    numbers = template.numbers(template.vector([{"rate": np.array([5.0, 6.0]), "most": np.ones(2)}]))

    # 2·5·1 + 1 and 2·6·10 + 1
    assert template.flow("sent", numbers, np.array([1.0, 10.0])).tolist() == [11, 121]


@pytest.mark.parametrize("wrong", WRONG)
def test_what_no_stamp_can_hold_is_refused_by_the_name_of_the_constraint(wrong: str) -> None:
    with pytest.raises(NotAffineError, match=wrong):
        compile_part(WrongShape(steps=1, hours=1.0, wrong=wrong))


def test_parameters_that_do_not_fit_are_named() -> None:
    template = compile_part(SinkShape(steps=2, hours=1.0))

    with pytest.raises(ParameterError, match="need of part 0 has 3 values, not 2"):
        template.vector([{"need": np.ones(3)}])
    with pytest.raises(ParameterError, match="need of part 0 has no values"):
        template.vector([{}])
    with pytest.raises(ParameterError, match="want is no parameter of part 0"):
        template.vector([{"need": np.ones(2), "want": np.ones(2)}])
