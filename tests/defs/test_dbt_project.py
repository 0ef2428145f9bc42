import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from flex_pipeline.defs import dbt_project


@pytest.fixture
def project(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A project of one model, with the profile of the real one."""
    shutil.copy(dbt_project.PROJECT / "profiles.yml", tmp_path)
    (tmp_path / "dbt_project.yml").write_text(
        "{name: one, profile: flex, flags: {send_anonymous_usage_stats: false}}"
    )
    (tmp_path / "models").mkdir()
    (tmp_path / "models" / "one.sql").write_text("select 1 as one")
    monkeypatch.setattr(dbt_project, "PROJECT", tmp_path)
    monkeypatch.setattr(dbt_project, "TARGET", tmp_path / "target")
    return tmp_path


def test_the_project_is_parsed_once_until_a_file_of_it_changes(project: Path) -> None:
    first = dbt_project.prepare()
    parsed = (first / "manifest.json").stat().st_mtime_ns
    assert dbt_project.prepare() == first
    assert (first / "manifest.json").stat().st_mtime_ns == parsed
    (project / "models" / "one.sql").write_text("select 2 as two")
    assert dbt_project.prepare() != first
    assert "two" in dbt_project.manifest()["nodes"]["model.one.one"]["raw_code"]


def test_a_model_that_cannot_be_parsed_is_named(project: Path) -> None:
    (project / "models" / "one.sql").write_text("select * from {{ ref('nothing') }}")
    with pytest.raises(dbt_project.DbtError, match=r"one\.sql.* depends on a node named 'nothing'"):
        dbt_project.prepare()
    assert not list(dbt_project.TARGET.glob("parsed-*"))


def test_parsing_leaves_no_variable_behind(project: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEX_PGHOST", "example.org")
    monkeypatch.delenv("FLEX_PGPASSWORD", raising=False)
    dbt_project.prepare()
    assert os.environ["FLEX_PGHOST"] == "example.org"
    assert "FLEX_PGPASSWORD" not in os.environ


def test_two_processes_may_parse_at_once(project: Path) -> None:
    program = (
        "import sys; from pathlib import Path; from flex_pipeline.defs import dbt_project as d;"
        "d.PROJECT = Path(sys.argv[1]); d.TARGET = d.PROJECT / 'target'; print(d.prepare())"
    )

    def parse(_: int) -> str:
        command = [sys.executable, "-c", program, str(project)]
        return subprocess.run(command, check=True, capture_output=True, text=True).stdout.strip()

    with ThreadPoolExecutor(2) as pool:
        folders = set(pool.map(parse, range(2)))
    assert folders == {str(dbt_project.prepare())}
    assert [path.name for path in dbt_project.TARGET.iterdir()] == [dbt_project.prepare().name]
