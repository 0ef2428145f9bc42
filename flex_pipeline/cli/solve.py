"""Solve problem files: no database, no Dagster."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Annotated

import typer

from flex_pipeline.cli.options import PluginOption

app = typer.Typer()


@app.command()
def solve(
    problems: Annotated[list[Path], typer.Argument(help="Problem files (JSON).")],
    out: Annotated[
        Path | None,
        typer.Option("--out", help="Where to write the schedule, or a folder for many; default: print them."),
    ] = None,
    plugins: PluginOption = None,
    pareto: Annotated[
        int | None,
        typer.Option(
            "--pareto", min=2, help="In place of the schedule, so many from least money to least CO2."
        ),
    ] = None,
) -> None:
    """Solve scheduling problems: no database, no Dagster. Many are printed as JSON lines.

    Exit status 0 when solved (also with breaches), 3 when only a fallback could be given, 2 for bad input.
    """
    from flex_pipeline.scheduling.problem_file import exit_status, solve_files

    targets = _schedule_files(problems, out)
    statuses = []
    answers = solve_files(problems, plugins or (), pareto)
    for problem, target, answer in zip(problems, targets, answers, strict=True):
        statuses.append(answer.exit_status)
        found = answer.schedule or answer.table
        if found is None:
            typer.echo("\n".join(f"{problem}: {fault}" for fault in answer.faults), err=True)
        elif target is not None:
            target.write_text(json.dumps(found.to_dict(), indent=1) + "\n", encoding="utf-8")
        elif len(problems) == 1:
            typer.echo(json.dumps(found.to_dict(), indent=1))
        else:
            typer.echo(json.dumps({"file": str(problem), **found.to_dict()}))
    raise typer.Exit(exit_status(statuses))


def _schedule_files(problems: list[Path], out: Path | None) -> list[Path | None]:
    """Where each schedule goes; None: it is printed."""
    if out is None:
        return [None] * len(problems)
    if len(problems) == 1 and not out.is_dir():
        return [out]
    names = [problem.name for problem in problems]
    if twice := sorted({name for name in names if names.count(name) > 1}):
        raise typer.BadParameter(f"{out} can hold one schedule of {twice[0]}, and two are asked for")
    out.mkdir(parents=True, exist_ok=True)
    return [out / name for name in names]
