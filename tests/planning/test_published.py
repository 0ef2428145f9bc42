"""What is published under docs/ is what the declarations say today."""

from pathlib import Path

import pytest

from flex_pipeline.planning.published import Published, published

DOCS = Path(__file__).parents[2] / "docs"


@pytest.mark.parametrize(
    ("what", "file"),
    [
        ("portfolio", "schema/portfolio.schema.json"),
        ("problem", "schema/problem.schema.json"),
        ("fields", "fields.md"),
    ],
)
def test_what_is_published_is_up_to_date(what: Published, file: str) -> None:
    assert (DOCS / file).read_text() == published(what), (
        f"write flex-pipeline schema {what} --out docs/{file}"
    )
