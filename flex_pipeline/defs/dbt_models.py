"""The dbt models as Dagster's assets and their tests as its checks, read from the manifest.

dagster-dbt does the like, but its import takes 1.4 s of CPU in every process that loads the definitions, and it
leaves out the tests that are not attached to one model.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import dagster as dg

Node = Mapping[str, Any]


@dataclass(frozen=True)
class Models:
    """The models of a manifest that become tables, and the tests on them."""

    manifest: Node
    group: str

    @cached_property
    def assets(self) -> dict[str, dg.AssetSpec]:
        """By the unique id of the model."""
        return {
            unique_id: self._asset(node)
            for unique_id, node in self.manifest["nodes"].items()
            if self._is_table(unique_id)
        }

    @cached_property
    def checks(self) -> dict[str, dg.AssetCheckSpec]:
        """By the unique id of the test. A test of several models is a check on the one that it names first."""
        return {
            unique_id: dg.AssetCheckSpec(
                node["name"], asset=self._key(self._tested(node)), description=node["description"] or None
            )
            for unique_id, node in self.manifest["nodes"].items()
            if node["resource_type"] == "test"
        }

    def exposed(self, name: str) -> list[dg.AssetKey]:
        """What an exposure of the project depends on."""
        (exposure,) = (node for node in self.manifest["exposures"].values() if node["name"] == name)
        return sorted(self._key(unique_id) for unique_id in exposure["depends_on"]["nodes"])

    def _is_table(self, unique_id: str) -> bool:
        node = self.manifest["nodes"].get(unique_id)
        return bool(
            node and node["resource_type"] == "model" and node["config"]["materialized"] != "ephemeral"
        )

    def _asset(self, node: Node) -> dg.AssetSpec:
        return dg.AssetSpec(
            self._key(node["unique_id"]),
            deps=sorted(set(self._upstream(node))),
            description=node["description"],
            group_name=self.group,
            kinds={"dbt", "postgres"},
            code_version=node["checksum"]["checksum"],
            metadata={
                "dagster/table_name": f"{node['schema']}.{node['name']}",
                "dagster/column_schema": _schema(node),
            },
        )

    def _key(self, unique_id: str) -> dg.AssetKey:
        """`reports/site_cost_daily`; a source says its asset itself."""
        if source := self.manifest["sources"].get(unique_id):
            return dg.AssetKey(source["meta"]["dagster"]["asset_key"])
        node = self.manifest["nodes"][unique_id]
        return dg.AssetKey([node["schema"], node["name"]])

    def _upstream(self, node: Node) -> Iterator[dg.AssetKey]:
        """The assets that a model reads, those of ephemeral models in their place."""
        for unique_id in node["depends_on"]["nodes"]:
            if unique_id in self.manifest["sources"] or self._is_table(unique_id):
                yield self._key(unique_id)
            else:
                yield from self._upstream(self.manifest["nodes"][unique_id])

    def _tested(self, test: Node) -> str:
        upstream: list[str] = test["depends_on"]["nodes"]
        return next(unique_id for unique_id in upstream if self._is_table(unique_id))


def _schema(node: Node) -> dg.TableSchema:
    """The columns as the contract of the model has them."""
    keys = {name for rule in node["constraints"] if rule["type"] == "primary_key" for name in rule["columns"]}
    return dg.TableSchema(
        [
            dg.TableColumn(
                column["name"],
                column["data_type"] or "unknown",
                column["description"],
                dg.TableColumnConstraints(
                    nullable=column["name"] not in keys
                    and all(rule["type"] != "not_null" for rule in column["constraints"])
                ),
            )
            for column in node["columns"].values()
        ]
    )
