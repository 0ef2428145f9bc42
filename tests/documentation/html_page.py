"""What a page of a report consists of."""

from __future__ import annotations

from collections.abc import Mapping
from html.parser import HTMLParser


class Page(HTMLParser):
    """Cells of tables by table and column, texts, and whatever refers to something else."""

    def __init__(self, content: str) -> None:
        super().__init__()
        self.cells: dict[tuple[str, str], list[str]] = {}
        self.references: list[str] = []
        self.open: list[str] = []
        self.pictures: list[str] = []
        self._table = ""
        self._column: str | None = None
        self.feed(content)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        given: Mapping[str, str | None] = dict(attrs)
        self.references += [f"{tag} {name}" for name in ("src", "href", "srcset", "action") if name in given]
        if tag not in ("meta", "br"):
            self.open.append(tag)
        if tag == "table":
            self._table = given.get("id") or ""
        self._column = given.get("data-column") if tag == "td" else None
        if tag == "svg":
            self.pictures.append(given.get("aria-label") or "")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self._column:
            self.cells.setdefault((self._table, self._column), []).append(data.replace("−", "-"))
