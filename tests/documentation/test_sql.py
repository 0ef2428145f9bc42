"""Every query of docs/sql.md runs and finds something, and every relation of its list is there."""

from __future__ import annotations

import re

import pytest

from tests.dbt_reports.plans import Reports
from tests.documentation.pages import DOCS

PAGE = (DOCS / "sql.md").read_text(encoding="utf-8")
QUERIES = re.findall(r"^([^\n]+\?)\n\n```sql\n(.*?)```", PAGE, re.M | re.S)
RELATIONS = re.findall(r"^\| `([\w.]+)` \|", PAGE, re.M)


@pytest.mark.parametrize("query", [query for _, query in QUERIES], ids=[question for question, _ in QUERIES])
def test_a_query_of_the_page_finds_something(filled: Reports, query: str) -> None:
    assert filled.rows(query)


@pytest.mark.parametrize("relation", RELATIONS)
def test_a_relation_of_the_page_is_there_and_filled(filled: Reports, relation: str) -> None:
    assert filled.rows(f"select * from {relation} limit 1")


def test_every_report_is_on_the_page(filled: Reports) -> None:
    reports = filled.rows("""
        select 'reports.' || relname from pg_class
        where relnamespace = 'reports'::regnamespace and relkind in ('r', 'v')
    """)
    assert sorted(str(name) for (name,) in reports) == sorted(
        r for r in RELATIONS if r.startswith("reports.")
    )


def test_every_query_of_the_page_is_run() -> None:
    assert len(QUERIES) == PAGE.count("```sql") >= 12
