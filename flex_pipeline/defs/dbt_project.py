"""The dbt project: where it is, its manifest, and dbt run in this process."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

from flex_pipeline.planning.configuration import reports_folder

if TYPE_CHECKING:
    from dbt.contracts.graph.manifest import Manifest

PROJECT = Path(__file__).resolve().parents[2] / "dbt_reports"
TARGET = PROJECT / "target"
# parsing reads the profile but connects to nothing
# where models and tests of a user's own stand in the project
OWN = "own"
NOWHERE = {f"FLEX_PG{name}": "0" for name in ("HOST", "PORT", "USER", "PASSWORD", "DATABASE")}


class DbtError(RuntimeError):
    """dbt could not begin what it was asked; the message is dbt's."""


@dataclass(frozen=True)
class NodeResult:
    """What came of one model or test."""

    unique_id: str
    status: str  # success, pass, fail, error or skipped
    message: str
    seconds: float
    rows: int | None  # that a model wrote
    failing_rows: int | None  # that a test found
    query: str  # as it was run

    @property
    def failed(self) -> bool:
        """Whether it went wrong itself; what depends on it is skipped."""
        return self.status in ("fail", "error")

    def __str__(self) -> str:
        return f"{self.unique_id}: {' '.join(self.message.split())}"


def prepare() -> Path:
    """The folder of the parsed project as it stands now. Raises DbtError where it cannot be parsed.

    Named by what was parsed and there all at once: other processes may read it or parse, too.
    """
    parsed = TARGET / f"parsed-{_digest()}"
    if not parsed.exists():
        TARGET.mkdir(exist_ok=True)
        with tempfile.TemporaryDirectory(dir=TARGET, ignore_cleanup_errors=True) as folder:
            _assemble(Path(folder) / "project")
            _invoke(["parse"], NOWHERE, target=Path(folder), project=_project(Path(folder)))
            with suppress(OSError):  # another process was first
                Path(folder).rename(parsed)
    return parsed


def manifest() -> dict[str, Any]:
    """The manifest of the project as it stands now, as dbt publishes it."""
    content: dict[str, Any] = json.loads((prepare() / "manifest.json").read_text())
    return content


def build(first: str, last: str, settings: Mapping[str, str]) -> list[NodeResult]:
    """Build and test all models for the local dates from `first` to `last`, both included.

    `settings` are the variables that profiles.yml reads. A model or test that fails is a result like the others;
    raises DbtError where dbt does not come that far.
    """
    dates = json.dumps({"start_date": first, "end_date": last})
    parsed = _parsed(settings["FLEX_PGDATABASE"])
    return _invoke(
        ["--no-write-json", "build", "--vars", dates],
        settings,
        target=TARGET,
        project=_project(prepare()),
        parsed=parsed,
    )


def _assemble(folder: Path) -> None:
    """The project with the reports of the portfolio in it: dbt reads models of no other place."""
    own = reports_folder()
    if own is None:
        return
    shutil.copytree(PROJECT, folder, ignore=shutil.ignore_patterns(TARGET.name))
    shutil.copytree(own, folder / "models" / OWN, ignore=shutil.ignore_patterns("tests"))
    if (own / "tests").is_dir():
        shutil.copytree(own / "tests", folder / "tests" / OWN)


def _project(prepared: Path) -> Path:
    """The project that was parsed: ours, or the one that it was assembled into."""
    assembled = prepared / "project"
    return assembled if assembled.is_dir() else PROJECT


def _parsed(database: str) -> Manifest:
    """The parsed project, in a database. Left to itself dbt parses anew for each change of dates, 1 s of CPU."""
    from dbt.contracts.graph.manifest import Manifest

    # read for each run: running leaves the SQL of its dates in it
    parsed = Manifest.from_msgpack((prepare() / "partial_parse.msgpack").read_bytes())
    for node in (*parsed.nodes.values(), *parsed.sources.values()):
        node.database = database
    parsed.build_flat_graph()  # type: ignore[no-untyped-call]
    return parsed


def _digest() -> str:
    """A hash of all that is parsed, and of what parses it."""
    digest = hashlib.sha256(version("dbt-core").encode())
    for folder in filter(None, (PROJECT, reports_folder())):
        for path in sorted(folder.rglob("*")):
            if path.suffix in (".sql", ".yml") and TARGET not in path.parents:
                digest.update(path.relative_to(folder).as_posix().encode() + path.read_bytes())
    return digest.hexdigest()[:16]


def _invoke(
    arguments: Sequence[str],
    settings: Mapping[str, str],
    *,
    target: Path,
    project: Path,
    parsed: Manifest | None = None,
) -> list[NodeResult]:
    """Run dbt in this process: a process of its own takes 5 s of CPU more, and dagster-dbt starts two."""
    from dbt.cli.main import dbtRunner

    folders = {"project-dir": project, "profiles-dir": PROJECT, "target-path": target, "log-path": target}
    places = [word for name, folder in folders.items() for word in (f"--{name}", str(folder))]
    quiet = ["--quiet", "--log-level", "none", "--log-level-file", "none"]
    with _environment(settings):
        outcome = dbtRunner(manifest=parsed).invoke([*quiet, *arguments, *places])
    if outcome.exception:
        raise DbtError(str(outcome.exception)) from outcome.exception
    return [_result(result) for result in getattr(outcome.result, "results", [])]


def _result(result: Any) -> NodeResult:
    return NodeResult(
        unique_id=result.node.unique_id,
        status=str(result.status),
        message=result.message or "",
        seconds=result.execution_time,
        rows=result.adapter_response.get("rows_affected"),
        failing_rows=result.failures,
        query=getattr(result.node, "compiled_code", None) or "",
    )


@contextmanager
def _environment(settings: Mapping[str, str]) -> Iterator[None]:
    """The settings as environment variables, and only for this long: one of them is a password."""
    before = {name: os.environ.get(name) for name in settings}
    os.environ.update(settings)
    try:
        yield
    finally:
        for name, value in before.items():
            if value is None:
                del os.environ[name]
            else:
                os.environ[name] = value
