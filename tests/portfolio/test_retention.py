"""How long beliefs are kept is said in whole months."""

from datetime import date
from pathlib import Path

import pytest
from pydantic import ValidationError

from flex_pipeline.portfolio.loader import PortfolioError, load_portfolio
from flex_pipeline.portfolio.portfolio import Settings
from flex_pipeline.portfolio.retention import Retention
from flex_pipeline.scheduling.plugins import load as load_plugins
from flex_pipeline.sources import check_source


@pytest.mark.parametrize(
    ("today", "kept_from"),
    [
        (date(2026, 11, 1), date(2025, 11, 1)),
        (date(2026, 12, 31), date(2025, 12, 1)),
        (date(2027, 1, 31), date(2026, 1, 1)),
    ],
)
def test_whole_months_are_kept_beside_the_current_one(today: date, kept_from: date) -> None:
    retention = Retention.model_validate({"beliefs": "12 months"})

    assert retention.dropped_before(today) == kept_from
    assert retention.thinned_before(today) is None


@pytest.mark.parametrize("value", ["6", 6, "2 months", "-3 months", "1 year", "six months", ["6 months"]])
def test_anything_else_is_refused_with_an_example(value: object) -> None:
    with pytest.raises(ValidationError, match='a number of months, 3 or more; write for example "24 months"'):
        Retention.model_validate({"beliefs": value})


def test_superseded_beliefs_cannot_outlive_the_others() -> None:
    with pytest.raises(ValidationError, match="superseded must be the shorter"):
        Retention.model_validate({"superseded": "24 months", "beliefs": "6 months"})


def test_another_retention_is_not_another_configuration() -> None:
    kept = Settings.model_validate({"retention": {"superseded": "6 months", "beliefs": "24 months"}})

    assert kept.retention == Retention(superseded="6 months", beliefs="24 months")  # type: ignore[arg-type]
    assert kept.model_dump(mode="json", by_alias=True) == Settings().model_dump(mode="json", by_alias=True)


def test_a_fault_is_told_with_file_line_and_field(tmp_path: Path) -> None:
    (tmp_path / "portfolio.yaml").write_text("settings:\n  retention:\n    beliefs: 1 year\n")

    with pytest.raises(PortfolioError) as refused:
        load_portfolio(tmp_path, check_source, load_plugins)

    assert f'{tmp_path}/portfolio.yaml:3  settings.retention.beliefs\n  "1 year" must be' in str(
        refused.value
    )
