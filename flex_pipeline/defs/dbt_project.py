"""The dbt project: where it is, its manifest, and dbt run in this process."""

from __future__ import annotations

import hashlib
import json
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

PROJECT = Path(__file__).resolve().parents[2] / "dbt_reports"
TARGET = PROJECT / "target"
MANIFEST = TARGET / "manifest.json"
STAMP = TARGET / "parsed"
# parsing reads the profile but connects to nothing
NOWHERE = {f"FLEX_PG{name}": "0" for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")}


class DbtError(RuntimeError):
    """dbt could not do what it was asked; the message is dbt's."""


def manifest() -> Path:
    """The manifest of the project as it stands now; parsed anew when a file of it has changed."""
    digest = hashlib.sha256()
    for path in sorted(PROJECT.rglob("*")):
        if path.suffix in (".sql", ".yml") and TARGET not in path.parents:
            digest.update(path.relative_to(PROJECT).as_posix().encode() + path.read_bytes())
    if not (MANIFEST.exists() and STAMP.exists() and STAMP.read_text() == digest.hexdigest()):
        invoke(["parse"], NOWHERE)
        STAMP.write_text(digest.hexdigest())
    return MANIFEST


def build(first: str, last: str, settings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Build and test all models for local dates; the result of each node. Raises DbtError when one fails."""
    dates = json.dumps({"start_date": first, "end_date": last})
    return invoke(["build", "--vars", dates], settings)


def invoke(arguments: Sequence[str], settings: Mapping[str, str]) -> list[dict[str, Any]]:
    """Run dbt in this process: a process of its own takes 5 s of CPU more, and dagster-dbt starts two."""
    from dbt.cli.main import dbtRunner

    os.environ.update(settings)
    folders = ["--project-dir", str(PROJECT), "--profiles-dir", str(PROJECT), "--target-path", str(TARGET)]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none", "--no-write-json"]
    if arguments[0] == "parse":
        quiet.remove("--no-write-json")
    outcome = dbtRunner().invoke([*quiet, *arguments, *folders])
    if outcome.exception:
        raise DbtError(str(outcome.exception)) from outcome.exception
    nodes = getattr(outcome.result, "results", [])
    results = [
        {
            "id": n.node.unique_id,
            "status": str(n.status),
            "message": n.message,
            "seconds": n.execution_time,
            "failures": n.failures,
        }
        for n in nodes
    ]
    if not outcome.success:
        raise DbtError(
            "\n".join(_failure(result) for result in results if result["status"] in ("error", "fail"))
        )
    return results


def _failure(result: Mapping[str, Any]) -> str:
    return f"{result['id']}: {' '.join(str(result['message']).split())}"
