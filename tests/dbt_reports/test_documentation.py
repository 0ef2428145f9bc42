"""What dbt says of the models: all of it is described, and its documentation can be built."""

from __future__ import annotations

import json
import os
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import pytest

from flex_pipeline.defs import dbt_project
from tests.dbt_reports.plans import Reports

Node = Mapping[str, Any]


@pytest.fixture(scope="module")
def manifest() -> dict[str, Any]:
    return dbt_project.manifest()


def models(manifest: Mapping[str, Any]) -> dict[str, Node]:
    found = manifest["nodes"].values()
    return {node["name"]: node for node in found if node["resource_type"] == "model"}


def test_every_model_and_column_is_described(manifest: dict[str, Any]) -> None:
    undescribed = [
        f"{name}.{column['name']}"
        for name, model in models(manifest).items()
        for column in ({"name": "", "description": model["description"]}, *model["columns"].values())
        if not column["description"].strip()
    ]
    assert undescribed == []
    assert [name for name, model in models(manifest).items() if not model["columns"]] == []


def test_every_mart_has_a_contract_of_typed_columns(manifest: dict[str, Any]) -> None:
    marts = {name: model for name, model in models(manifest).items() if "marts" in model["fqn"]}
    assert len(marts) > 20
    for name, model in marts.items():
        assert model["config"]["contract"]["enforced"], name
        assert all(column["data_type"] for column in model["columns"].values()), name


def test_every_mart_has_a_consumer(manifest: dict[str, Any]) -> None:
    read = {node for e in manifest["exposures"].values() for node in e["depends_on"]["nodes"]}
    parents = {node for model in models(manifest).values() for node in model["depends_on"]["nodes"]}
    marts = [model for model in models(manifest).values() if "marts" in model["fqn"]]
    assert [mart["name"] for mart in marts if mart["unique_id"] not in read | parents] == []


def test_every_test_and_source_is_described(manifest: dict[str, Any]) -> None:
    tests = [node for node in manifest["nodes"].values() if node["resource_type"] == "test"]
    singular = [node for node in tests if "test_metadata" not in node]
    assert [node["name"] for node in singular if not node["description"]] == []
    assert [source["name"] for source in manifest["sources"].values() if not source["description"]] == []


def test_the_documentation_is_built_with_the_columns_that_are_there(
    filled: Reports, tmp_path: Path, manifest: dict[str, Any]
) -> None:
    from dbt.cli.main import dbtRunner

    folders = ("--project-dir", "--profiles-dir", "--target-path", "--log-path")
    places = [dbt_project.PROJECT, dbt_project.PROJECT, tmp_path, tmp_path]
    arguments = [str(word) for pair in zip(folders, places, strict=True) for word in pair]
    with pytest.MonkeyPatch.context() as patch:
        for name, value in filled.connection.dbt_environment.items():
            patch.setitem(os.environ, name, value)
        built = dbtRunner().invoke(["--quiet", "docs", "generate", *arguments])
    assert built.success, built.exception

    catalog = json.loads((tmp_path / "catalog.json").read_text())
    assert (tmp_path / "index.html").stat().st_size > 100_000
    marts = {name: model for name, model in models(manifest).items() if "marts" in model["fqn"]}
    for name, model in marts.items():
        there = catalog["nodes"][model["unique_id"]]["columns"]
        assert set(there) == set(model["columns"]), name
