import subprocess
import sys

import dagster as dg

from flex_pipeline.defs.dbt_models import Models


def model(name: str, *upstream: str, materialized: str = "table") -> dict[str, object]:
    return {
        "unique_id": f"model.p.{name}",
        "resource_type": "model",
        "schema": "reports",
        "name": name,
        "config": {"materialized": materialized},
        "depends_on": {"nodes": list(upstream)},
        "description": f"One row per {name}.",
        "checksum": {"checksum": "abc"},
        "constraints": [{"type": "primary_key", "columns": ["id"]}],
        "columns": {
            "id": {"name": "id", "data_type": "text", "description": "Its name.", "constraints": []},
            "kw": {"name": "kw", "data_type": "float", "description": "Its power.", "constraints": []},
        },
    }


def test_of(name: str, *upstream: str) -> dict[str, object]:
    return {
        "resource_type": "test",
        "name": name,
        "description": "",
        "depends_on": {"nodes": list(upstream)},
    }


test_of.__test__ = False  # type: ignore[attr-defined]

MODELS = Models(
    {
        "sources": {"source.p.flex.plan": {"meta": {"dagster": {"asset_key": ["schedules"]}}}},
        "nodes": {
            "model.p.staged": model("staged", "source.p.flex.plan", materialized="ephemeral"),
            "model.p.cost": model("cost", "model.p.staged"),
            "model.p.total": model("total", "model.p.cost", "model.p.staged"),
            "test.p.adds_up": test_of("adds_up", "model.p.staged", "model.p.total", "model.p.cost"),
        },
    },
    group="reporting",
)


def test_only_models_that_become_tables_are_assets() -> None:
    assert [spec.key.path for spec in MODELS.assets.values()] == [["reports", "cost"], ["reports", "total"]]


def test_lineage_goes_through_ephemeral_models_to_the_assets_behind_the_sources() -> None:
    upstream = {
        spec.key.path[-1]: {dep.asset_key.to_user_string() for dep in spec.deps}
        for spec in MODELS.assets.values()
    }
    assert upstream == {"cost": {"schedules"}, "total": {"reports/cost", "schedules"}}


def test_the_columns_of_an_asset_are_those_of_its_contract() -> None:
    schema = MODELS.assets["model.p.cost"].metadata["dagster/column_schema"]
    assert [(column.name, column.type, column.constraints.nullable) for column in schema.columns] == [
        ("id", "text", False),
        ("kw", "float", True),
    ]


def test_a_test_is_a_check_on_the_first_table_that_it_names() -> None:
    check = MODELS.checks["test.p.adds_up"]
    assert (check.name, check.asset_key) == ("adds_up", dg.AssetKey(["reports", "total"]))


def test_loading_the_definitions_imports_no_dbt() -> None:
    program = (
        "import sys, flex_pipeline.defs.reporting;"
        "print(sorted(m for m in ('dbt', 'dagster_dbt', 'matplotlib') if m in sys.modules))"
    )
    loaded = subprocess.run(
        [sys.executable, "-W", "ignore", "-c", program], capture_output=True, text=True, check=True
    )
    assert loaded.stdout.strip() == "[]"
