from __future__ import annotations

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from typer.testing import CliRunner

from flex_pipeline.cli import app
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


def solved(*arguments: object) -> tuple[int, str, str]:
    """Exit status, what was printed, and what was wrong."""
    result = CliRunner().invoke(app, ["solve", *map(str, arguments)])
    return result.exit_code, result.stdout, result.stderr


@pytest.fixture
def three(tmp_path: Path) -> list[Path]:
    """One that is solved, one that is no problem, and one that has no solution."""
    late = battery(soc_targets=[{"value": "8 kWh", "datetime": at(1)}])
    problems = {
        "good": site([0.1, 0.3], battery()),
        "bad": site([0.1], battery(soc_mx="1 kWh")),
        "late": site([0.1, 0.1], late, relax_constraints=False),
    }
    for name, problem in problems.items():
        (tmp_path / f"{name}.json").write_text(json.dumps(problem))
    return [tmp_path / f"{name}.json" for name in problems]


def test_many_files_are_printed_one_a_line_and_a_bad_one_stops_no_other(three: list[Path]) -> None:
    status, printed, wrong = solved(*three)

    lines = [json.loads(line) for line in printed.splitlines()]
    assert status == 2
    assert [(Path(line["file"]).stem, line["status"]) for line in lines] == [
        ("good", "optimal"),
        ("late", "infeasible"),
    ]
    assert lines[0]["costs"]["total"] == pytest.approx(-1)
    assert "bad.json: devices[0].flex_model.soc-mx: is not a known field" in wrong


def test_many_files_are_written_to_a_folder(three: list[Path], tmp_path: Path) -> None:
    good, _, late = three

    status, printed, _ = solved(good, late, "--out", tmp_path / "out")

    assert (status, printed) == (3, "")
    assert json.loads((tmp_path / "out" / "good.json").read_text())["status"] == "optimal"
    assert json.loads((tmp_path / "out" / "late.json").read_text())["status"] == "infeasible"


def test_two_schedules_never_go_into_one_file(three: list[Path], tmp_path: Path) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "good.json").write_text(three[0].read_text())

    status, _, wrong = solved(three[0], other / "good.json", "--out", tmp_path / "out")

    assert status == 2
    assert "one schedule of good.json" in wrong


def test_a_plugin_is_named_on_the_command_line(tmp_path: Path) -> None:
    path = written(tmp_path, site([0.1, 0.3], battery(maximum_ramp="6 kW")))
    examples = Path(__file__).resolve().parents[2] / "docs" / "plugins"
    command = [sys.executable, "-m", "flex_pipeline.cli", "solve", str(path)]
    environment = {**os.environ, "PYTHONPATH": str(examples.parents[1])}

    without = subprocess.run(command, capture_output=True, text=True, cwd=examples, env=environment)
    named = [*command, "--plugin", "ramp_limit"]
    found = subprocess.run(named, capture_output=True, text=True, cwd=examples, env=environment)
    missing = subprocess.run([*command, "--plugin", "ramp"], capture_output=True, text=True, env=environment)

    assert (without.returncode, "maximum-ramp: is not a known field" in without.stderr) == (2, True)
    assert found.returncode == 0
    assert json.loads(found.stdout)["costs"]["total"] == pytest.approx(-0.6)
    assert (missing.returncode, "ramp cannot be imported" in missing.stderr) == (2, True)


def test_a_table_of_money_against_co2_is_asked_for_by_its_number_of_points(tmp_path: Path) -> None:
    path = written(
        tmp_path,
        site(
            [0.1, 0.2],
            battery(soc_at_end="4 kWh", production_capacity="0 kW"),
            consumption_emissions="400 gCO2/kWh",
        ),
    )

    found = CliRunner().invoke(app, ["solve", str(path), "--pareto", "3"])

    assert found.exit_code == 0
    table = json.loads(found.stdout)
    assert table["currency"] == "EUR"
    # 4 kWh, whenever they are bought
    assert [point["emissions_kg"] for point in table["points"]] == pytest.approx([1.6] * 3)
    assert [point["money"] for point in table["points"]] == pytest.approx([0.4] * 3)


def test_a_table_of_a_file_that_says_nothing_of_co2_exits_with_2(tmp_path: Path) -> None:
    answer = solve_file(written(tmp_path, site([0.1, 0.2], battery())), pareto_points=3)

    assert answer.exit_status == 2
    assert "needs consumption-emissions" in str(answer.faults[0])


def test_a_table_of_a_file_without_solution_exits_with_3(tmp_path: Path) -> None:
    late = battery(soc_targets=[{"value": "8 kWh", "datetime": at(1)}])
    mapping = site([0.1, 0.1], late, relax_constraints=False, consumption_emissions="0.4 kg/kWh")

    answer = solve_file(written(tmp_path, mapping), pareto_points=3)

    assert answer.exit_status == 3
    assert answer.table is not None
    assert answer.table.cheapest.diagnosis
