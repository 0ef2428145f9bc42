from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import numpy as np
import pytest

from flex_pipeline.scheduling import template_cache
from flex_pipeline.scheduling.compiling import compile_part
from flex_pipeline.scheduling.template_cache import kept_template, template_path
from flex_pipeline.scheduling.template_file import read_template
from tests.scheduling.declared import SinkShape, SourceShape

SHAPE = SourceShape(steps=3, hours=0.25, elastic=True)


@pytest.fixture(autouse=True)
def _own_cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("FLEX_CACHE_DIR", str(tmp_path / "cache"))


def test_a_template_comes_back_from_disk_as_it_was() -> None:
    compiled, kept = compile_part(SHAPE), kept_template(SHAPE)
    found = read_template(template_path(SHAPE))

    assert repr(kept) == repr(compiled)
    assert repr(found) == repr(compiled)
    vector = np.arange(sum(size for _, _, size in found.parameters), dtype=float)
    assert (found.numbers(vector) == compiled.numbers(vector)).all()
    assert found.flow("sent", found.numbers(vector), np.ones(6)).tolist() == [
        1,
        3,
        5,
    ]  # 2·rate·1 + 1 for 0, 1, 2


@pytest.mark.parametrize("broken", [b"", b"no archive", None])
def test_a_broken_file_is_compiled_and_written_again(broken: bytes | None) -> None:
    kept_template(SHAPE)
    path = template_path(SHAPE)
    path.write_bytes(path.read_bytes()[:-100] if broken is None else broken)

    assert repr(kept_template(SHAPE)) == repr(compile_part(SHAPE))
    assert repr(read_template(path)) == repr(compile_part(SHAPE))


def test_a_disk_that_cannot_be_written_to_costs_no_template(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("not a folder")
    monkeypatch.setenv("FLEX_CACHE_DIR", str(tmp_path / "file"))

    assert repr(kept_template(SHAPE)) == repr(compile_part(SHAPE))


def test_other_code_and_other_shapes_have_other_files(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    before = template_path(SHAPE)
    assert template_path(SinkShape(steps=3, hours=0.25, elastic=True)) != before
    assert template_path(SourceShape(steps=3, hours=0.25)) != before

    copy = tmp_path / "scheduling"
    for folder in ("model", "parts"):
        (copy / folder).mkdir(parents=True)
    (copy / "compiling.py").write_text("other code")
    monkeypatch.setattr(template_cache, "HERE", copy)
    template_cache._code_hash.cache_clear()
    changed = template_path(SHAPE)
    template_cache._code_hash.cache_clear()

    assert changed.name == before.name
    assert changed.parent != before.parent


def test_a_process_that_finds_its_templates_needs_no_pyomo() -> None:
    # the second process solves from what the first has left
    script = (
        "import sys, json\n"
        "from flex_pipeline.scheduling import read_problem, solve\n"
        "from tests.scheduling.sites import battery, site\n"
        "schedule = solve(read_problem(site([0.1, 0.3], battery())))\n"
        "print(round(schedule.costs.total, 9), 'pyomo' in sys.modules)\n"
    )
    answers = [
        subprocess.run(
            [sys.executable, "-c", script], check=True, capture_output=True, text=True
        ).stdout.split()
        for _ in range(2)
    ]

    # buys 5 kWh at 0.10 and sells them at 0.30
    assert answers == [["-1.0", "True"], ["-1.0", "False"]]
