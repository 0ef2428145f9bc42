"""What is published under docs/ is what the declarations say today."""

import json
import subprocess
import sys
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


# a process of its own: what a plugin registers stays
def schema(what: str, *options: str, folder: Path) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, "-m", "flex_pipeline.cli", "schema", what, *options]
    return subprocess.run(command, capture_output=True, text=True, cwd=folder, check=False)


@pytest.mark.parametrize("named", ["in the portfolio", "as an option"])
def test_a_schema_has_the_fields_and_types_of_the_plugins_that_are_named(tmp_path: Path, named: str) -> None:
    if named == "in the portfolio":
        (tmp_path / "electrolyser.py").write_text((DOCS / "plugins" / "electrolyser.py").read_text())
        (tmp_path / "portfolio.yaml").write_text("settings: {plugins: [electrolyser]}\nsite: {not: finished}")
        done = schema("portfolio", "--portfolio", str(tmp_path), folder=tmp_path)
    else:
        done = schema("portfolio", "--plugin", "electrolyser", folder=DOCS / "plugins")

    assert done.returncode == 0, done.stderr
    defined = json.loads(done.stdout)["$defs"]
    assert "electrolyser" in defined["device"]["properties"]["type"]["enum"]
    assert defined["electrolyser"]["properties"].keys() - defined["storage"]["properties"].keys()
    assert "electrolyser" not in json.loads(published("portfolio"))["$defs"]


def test_a_plugin_that_cannot_be_imported_is_named(tmp_path: Path) -> None:
    done = schema("portfolio", "--plugin", "nowhere", folder=tmp_path)

    assert (done.returncode, done.stdout) == (2, "")
    assert "nowhere cannot be imported" in done.stderr
