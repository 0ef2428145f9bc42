from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from flex_pipeline.scheduling import ProblemError
from flex_pipeline.scheduling.problem_file import read_file, solve_file
from tests.scheduling.sites import at, battery, site


def written(folder: Path, mapping: object) -> Path:
    path = folder / "problem.json"
    path.write_text(json.dumps(mapping))
    return path


def test_a_solved_file_exits_with_0_even_with_breaches(tmp_path: Path) -> None:
    late = battery(soc_targets=[{"value": "8 kWh", "datetime": at(1)}])

    answer = solve_file(written(tmp_path, site([0.1, 0.1], late)))

    assert answer.exit_status == 0
    assert answer.schedule is not None
    assert answer.schedule.costs.breaches > 0


def test_a_file_without_solution_exits_with_3_and_its_least_violating_schedule(tmp_path: Path) -> None:
    late = battery(soc_targets=[{"value": "8 kWh", "datetime": at(1)}])

    answer = solve_file(written(tmp_path, site([0.1, 0.1], late, relax_constraints=False)))

    assert answer.exit_status == 3
    assert answer.schedule is not None
    assert answer.schedule.diagnosis


def test_a_bad_file_exits_with_2_and_its_faults(tmp_path: Path) -> None:
    answer = solve_file(written(tmp_path, site([0.1], battery(soc_mx="1 kWh"))))

    assert answer.exit_status == 2
    assert [fault.field for fault in answer.faults] == ["devices[0].flex_model.soc-mx"]


@pytest.mark.parametrize("text", ["{", "", "\x00"])
def test_what_is_not_json_is_said_to_be_so(tmp_path: Path, text: str) -> None:
    path = tmp_path / "problem.json"
    path.write_text(text)

    with pytest.raises(ProblemError, match="is not JSON"):
        read_file(path)


def test_a_missing_file_is_named(tmp_path: Path) -> None:
    with pytest.raises(ProblemError, match=r"absent\.json: cannot be read"):
        read_file(tmp_path / "absent.json")


def test_importing_the_engine_loads_neither_pyomo_nor_pint() -> None:
    code = (
        "import sys, flex_pipeline.scheduling; "
        "heavy = {'pyomo', 'pint', 'highspy', 'scipy', 'pandas'} & set(sys.modules); "
        "sys.exit(str(heavy) if heavy else 0)"
    )

    subprocess.run([sys.executable, "-c", code], check=True)
