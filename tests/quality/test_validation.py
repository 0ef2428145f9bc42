import polars as pl
import pytest

from flex_pipeline.quality.suites import COMPLETENESS, MINIMUM, Rule
from flex_pipeline.quality.validation import faulty_rows

FRAME = pl.DataFrame({"row": [0, 1, 2], "value": [1.0, None, -1.0], "low": [0.0, 0.0, 0.0]})


def test_each_rule_names_the_rows_at_fault() -> None:
    assert faulty_rows(FRAME, [COMPLETENESS, MINIMUM]) == {"completeness": [1], "minimum": [2]}


def test_a_rule_that_cannot_be_evaluated_is_an_error_and_not_a_fault_of_the_readings() -> None:
    broken = Rule("broken", "ExpectColumnValuesToNotBeNull", {"column": "nowhere"}, "error", "missing")
    with pytest.raises(RuntimeError, match="nowhere"):
        faulty_rows(FRAME, [broken])
