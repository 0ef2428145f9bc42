"""A page of documentation that a reader follows: files to write, commands to type, and what they print."""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

DOCS = Path(__file__).resolve().parents[2] / "docs"
BLOCK = re.compile(r"(?:^<!-- (?P<file>[\w./-]+) -->\n\n)?^```(?P<kind>\w+)\n(?P<text>.*?)^```$", re.M | re.S)


@dataclass(frozen=True)
class File:
    """One that the reader writes."""

    path: str
    text: str


@dataclass(frozen=True)
class Commands:
    """What the reader types, line by line, and what all of it prints; None where the page does not show it."""

    lines: tuple[str, ...]
    output: str | None


def steps(page: Path) -> Iterator[File | Commands]:
    """What a reader does, in order. A block of text right behind commands is their output."""
    blocks = list(BLOCK.finditer(page.read_text(encoding="utf-8")))
    for i, block in enumerate(blocks):
        if block["file"]:
            yield File(block["file"], block["text"])
        elif block["kind"] == "sh":
            follows = i + 1 < len(blocks) and blocks[i + 1]["kind"] == "text"
            yield Commands(tuple(block["text"].splitlines()), blocks[i + 1]["text"] if follows else None)


def typed(line: str, folder: Path) -> str:
    """What a command prints; it must end well."""
    commands = {"flex-pipeline": f"{sys.executable} -m flex_pipeline.cli", "python": sys.executable}
    word, _, rest = line.partition(" ")
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("FLEX_", "DAGSTER_"))}
    environment |= {
        "PYTHONPATH": str(DOCS.parent),
        "OMP_NUM_THREADS": "1",
        "FLEX_HOME": str(folder / "state"),
    }
    done = subprocess.run(
        f"{commands[word]} {rest}", shell=True, capture_output=True, text=True, cwd=folder, env=environment
    )
    assert done.returncode == 0, f"{line}\n{done.stdout}{done.stderr}"
    return done.stdout
