"""Great Expectations: one validation of one frame, and which of its rows each rule found faulty."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from functools import cache
from typing import Any

import polars as pl

from flex_pipeline.quality.suites import Rule


def faulty_rows(frame: pl.DataFrame, rules: Sequence[Rule]) -> dict[str, list[int]]:
    """By rule, the values of the column `row` where it fails; empty for a rule that holds."""
    import great_expectations as gx

    suite = gx.ExpectationSuite(name="day", expectations=[_expectation(rule) for rule in rules])
    batch = _frames().get_batch({"dataframe": frame.to_pandas()})
    # a validation definition would keep, and serialise, every result: three quarters of the time of a bad day
    validated = batch.validate(
        suite, result_format={"result_format": "COMPLETE", "unexpected_index_column_names": ["row"]}
    )
    return {result.expectation_config.meta["rule"]: _rows(result) for result in validated.results}


def _expectation(rule: Rule) -> Any:
    from great_expectations import expectations

    return getattr(expectations, rule.expectation)(**rule.arguments, meta={"rule": rule.name})


def _rows(result: Any) -> list[int]:
    if result.success:
        return []
    faulty: Sequence[Mapping[str, int]] | None = result.result.get("unexpected_index_list")
    if faulty is None:  # the expectation itself broke, which says nothing about the readings
        raise RuntimeError(
            f"{result.expectation_config.type} could not be evaluated: {result.exception_info}"
        )
    return [row["row"] for row in faulty]


@cache
def _frames() -> Any:
    """Where frames are handed to Great Expectations; a context is costly, so one per process."""
    logging.getLogger("great_expectations").setLevel(logging.WARNING)  # it announces its temporary folder
    import great_expectations as gx

    context: Any = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False}
    return (
        context.data_sources.add_pandas("frames")
        .add_dataframe_asset("day")
        .add_batch_definition_whole_dataframe("all")
    )
