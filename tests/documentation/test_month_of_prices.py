"""The tutorial on real prices: its first days, with its own commands, where its data are there."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from flex_pipeline.warehouse import embedded
from tests.documentation.pages import DOCS, Commands, File, steps, typed

PAGE = DOCS / "tutorials" / "5-regret.md"
# two days after those that the page shows, which are then measured as in the month, look-ahead included
LAST, LAST_OF_TEST = "2024-06-30", "2024-06-04"
DATA = {
    "prices.csv": "prices_nl_load_de_2015_2024_hourly.csv",
    "household.csv": "household_fr_emhass_30min.csv",
}
CENT = 0.011  # what is rounded twice


@pytest.fixture(scope="module")
def printed(open_folder: Path, shared: Path) -> Iterator[list[tuple[str, str | None]]]:
    """What each query of the page prints, and what the page says that it prints."""
    folder = open_folder / "month"
    data = folder / "home" / "data"
    data.mkdir(parents=True)
    for name, source in DATA.items():
        (data / name).symlink_to(shared / "data" / source)
    found = []
    for step in steps(PAGE):
        match step:
            case File(path, text):
                (folder / path).write_text(text, encoding="utf-8")
            case Commands((line,), output):
                found.append((typed(line.replace(LAST, LAST_OF_TEST), folder), output))
    yield found
    embedded.stop(folder / "state" / "postgres")


def test_the_first_days_cost_what_the_page_says(printed: list[tuple[str, str | None]]) -> None:
    found, page = (rows(text) for text in printed[1])
    assert [row[0] for row in found] == [row[0] for row in page]
    for of_test, of_page in zip(found, page, strict=True):
        assert [float(cell) for cell in of_test[1:]] == pytest.approx(
            [float(cell) for cell in of_page[1:]], abs=CENT
        )


def test_the_parts_of_the_regret_add_up(printed: list[tuple[str, str | None]]) -> None:
    ((days, regret, parts),) = rows(printed[2][0])
    assert int(days) == 3  # the look-ahead of the last one is not over
    assert float(regret) == pytest.approx(float(parts), abs=CENT)
    assert float(regret) > 0


def test_load_and_sun_were_forecast(printed: list[tuple[str, str | None]]) -> None:
    sensors = [row[0] for row in rows(printed[3][0])]
    assert {"household.load", "household.pv"} <= set(sensors)


def rows(text: str | None) -> list[list[str]]:
    """The cells of a table of psql, without its head."""
    assert text is not None
    lines = [line for line in text.splitlines() if " | " in line][1:]
    return [re.split(r" *\| *", line.strip()) for line in lines]
