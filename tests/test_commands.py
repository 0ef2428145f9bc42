"""What the commands for readers, backups and retention print, and how they end."""

import tempfile
from collections.abc import Iterator
from pathlib import Path

import psycopg
import pytest

from tests.pipeline import Pipeline


@pytest.fixture(scope="module")
def pipeline() -> Iterator[Pipeline]:
    """An installation with one site of one account."""
    with tempfile.TemporaryDirectory(prefix="flex-") as folder:
        Path(folder).chmod(0o755)
        found = Pipeline(Path(folder))
        try:
            assert found.command("db", "start").returncode == 0
            found.sql("""
                with version as (
                    insert into flex.portfolio_version (content_hash, content) values ('x', '{}') returning version_id
                )
                insert into flex.site select 'home', 'UTC', 'EUR', 'acme', null, null, true, version_id from version
                returning site_id
            """)
            yield found
        finally:
            found.stop()


def test_a_grant_prints_a_login_that_works_once(pipeline: Pipeline) -> None:
    granted = pipeline.command("access", "grant", "acme", "--login", "grafana")
    lines = dict(line.split(maxsplit=1) for line in granted.stdout.splitlines())
    assert lines["login"] == "grafana, reads acme"

    password = lines["password"].split()[0]
    with psycopg.connect(lines["address"], password=password) as session:
        assert session.execute("select site_id from flex.current_plan").fetchall() == []
        assert session.execute("select site_id from flex.site").fetchall() == [("home",)]
    assert pipeline.command("access", "list").stdout == "grafana  acme\n"

    assert pipeline.command("access", "revoke", "acme").stdout == "grafana no longer reads acme\n"
    with pytest.raises(psycopg.OperationalError, match="password authentication failed"):
        psycopg.connect(lines["address"], password=password)


def test_an_account_that_is_not_there_is_told_in_words(pipeline: Pipeline) -> None:
    refused = pipeline.command("access", "grant", "acne")

    assert refused.returncode == 2
    assert refused.stderr == 'account "acne" has no site; those there are: acme\n'


def test_a_backup_is_restored_over_what_is_there_only_by_force(pipeline: Pipeline) -> None:
    file = str(pipeline.home / "flex.backup")
    assert pipeline.command("backup", file).returncode == 0
    pipeline.sql("update flex.site set account = 'changed' returning 1")

    refused = pipeline.command("restore", file)
    assert (refused.returncode, "--force" in refused.stderr) == (2, True)
    assert pipeline.sql("select account from flex.site") == [("changed",)]
    assert pipeline.command("restore", file, "--force").returncode == 0
    assert pipeline.sql("select account from flex.site") == [("acme",)]


def test_nothing_is_forgotten_where_the_portfolio_does_not_ask_for_it(pipeline: Pipeline) -> None:
    assert pipeline.command("retention", "--dry-run").stdout == "would go: 0 beliefs, documents of 0 models\n"
    assert pipeline.command("retention").stdout == "gone: 0 beliefs, documents of 0 models\n"
