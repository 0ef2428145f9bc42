"""Pages as a real browser lays them out."""

from __future__ import annotations

import html
import json
import os
import re
import shutil
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
OPTIONS = (
    *("--headless", "--dump-dom", "--disable-gpu", "--disable-quic", "--no-first-run"),
    *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
)
# a frame has any width, a window of some browsers has none below 500; one that is written in place may be looked into
HARNESS = """<!doctype html><meta charset="utf-8"><style>iframe{{border:0}}</style><pre id="found"></pre>
<iframe srcdoc="{page}" width="{width}" height="900" onload="look(this.contentDocument)"></iframe><script>
const box = element => element.getBoundingClientRect()
const apart = (a, b) => a.right <= b.left || b.right <= a.left || a.bottom <= b.top + 1 || b.bottom <= a.top + 1
function look(page) {{
  const texts = [...page.querySelectorAll('svg text')].map(text => [text, box(text), box(text.closest('svg'))])
  const told = ([text]) => text.closest('svg').getAttribute('aria-label') + ': ' + text.textContent
  const found = {{
    width: page.documentElement.scrollWidth,
    cells: [...page.querySelectorAll('td[data-column]')].filter(cell => box(cell).width > 0)
      .map(cell => [cell.closest('table').id, cell.dataset.column, cell.innerText]),
    clipped: texts.filter(([, a, b]) => a.left < b.left - 1 || a.right > b.right + 1 || a.bottom > b.bottom + 1)
      .map(told),
    crossing: texts.flatMap((one, i) => texts.slice(i + 1)
      .filter(other => one[0].closest('svg') === other[0].closest('svg') && !apart(one[1], other[1]))
      .map(other => told(one) + ' over ' + other[0].textContent)),
    smallest: Math.min(...texts.map(([, a]) => a.height)),
    links: [...page.querySelectorAll('a')].map(link => link.getAttribute('href')),
  }}
  document.getElementById('found').textContent = JSON.stringify(found)
}}
</script>"""


@dataclass(frozen=True)
class Seen:
    """A page in a frame of some width in CSS pixels."""

    width: int  # that it needs
    cells: Sequence[tuple[str, str, str]]  # table, column and text of those that can be seen
    clipped: Sequence[str]  # texts in pictures that reach beyond them
    crossing: Sequence[str]  # texts in pictures that lie over another
    smallest: float  # height of a line of text in a picture
    links: Sequence[str]

    def column(self, table: str, column: str) -> list[str]:
        """The texts of a column, with a minus sign as Python writes it."""
        return [text.replace("−", "-") for t, c, text in self.cells if (t, c) == (table, column)]


def see(page: str, width: int, folder: Path) -> Seen:
    """Lay a page out. Skips the test where there is no browser; FLEX_BROWSER names one."""
    browser = os.environ.get("FLEX_BROWSER") or next(filter(None, map(shutil.which, NAMES)), None)
    if browser is None:
        pytest.skip("needs Chromium or Chrome; FLEX_BROWSER names another place")
    harness = folder / "harness.html"
    harness.write_text(HARNESS.format(page=html.escape(page), width=width), encoding="utf-8")
    # its sandbox does not run as root; the page is ours
    sandbox = ["--no-sandbox"] if os.geteuid() == 0 else []
    done = subprocess.run(
        [browser, *OPTIONS, *sandbox, f"--user-data-dir={folder / 'profile'}", harness.as_uri()],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    match = re.search(r'<pre id="found">(.*?)</pre>', done.stdout, re.S)
    assert match, done.stderr[-2000:]
    found: dict[str, Any] = json.loads(html.unescape(match[1]))
    return Seen(**found | {"cells": [tuple(cell) for cell in found["cells"]]})
