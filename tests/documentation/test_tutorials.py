"""The tutorials as a reader follows them: each command is typed, and prints what the page says, to the digit.

The numbers that FlexMeasures publishes, or that an independent model of the same problem has, stand here once more,
so that page and code cannot go wrong together.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flex_pipeline.warehouse import embedded
from tests.documentation.pages import DOCS, Commands, File, steps, typed

TUTORIALS = DOCS / "tutorials"
PUBLISHED = {
    "1-battery.md": ["-4.655136 EUR", "164.08", "186.55", "17.89"],
    "2-solar.md": [
        "-18.620429 EUR",
        "-14.015000 EUR",
        "4.605429 EUR",
        "304.08",
        "288.89",
        "355.69",
        "197.89",
    ],
    "3-processes.md": ["9.60 EUR", "5.40 EUR", "4.30 EUR"],
    "4-reports.md": ["4.30 |  -4.30", "5.40 |  -5.40", "9.60 |  -9.60", "12:00 |   280 |"],
}
HEADROOM_KW = [500] * 4 + [
    490,
    470,
    440,
    400,
    360,
    330,
    310,
    290,
    280,
    290,
    310,
    330,
    360,
    400,
    440,
    470,
    490,
]


@pytest.fixture(scope="module")
def folder(open_folder: Path) -> Iterator[Path]:
    """One for all tutorials: each goes on from the one before."""
    folder = open_folder / "tutorials"
    folder.mkdir()
    yield folder
    embedded.stop(folder / "state" / "postgres")


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_tutorial_prints_what_its_page_says(name: str, folder: Path) -> None:
    for step in steps(TUTORIALS / name):
        match step:
            case File(path, text):
                (folder / path).parent.mkdir(parents=True, exist_ok=True)
                (folder / path).write_text(text, encoding="utf-8")
            case Commands(lines, output):
                printed = "".join(typed(line, folder) for line in lines)
                assert output is None or printed == output


@pytest.mark.parametrize("name", PUBLISHED)
def test_a_tutorial_shows_the_published_numbers(name: str) -> None:
    page = (TUTORIALS / name).read_text(encoding="utf-8")
    assert [number for number in PUBLISHED[name] if number not in page] == []


def test_the_published_headroom_is_that_of_the_page() -> None:
    page = (TUTORIALS / "4-reports.md").read_text(encoding="utf-8")
    hours = re.findall(r"^ (\d\d):00 \| +(\d+) \| kW$", page, re.M)
    assert hours == [(f"{hour:02}", str(kw)) for hour, kw in enumerate([*HEADROOM_KW, 500, 500, 500])]
