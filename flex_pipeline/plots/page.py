"""What the HTML pages of reports share: one file each that needs no script, font or picture from elsewhere."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from html import escape
from typing import Any

Rows = Sequence[Mapping[str, Any]]

CSS = """
:root{color-scheme:light}*{box-sizing:border-box}
body{font:16px/1.45 system-ui,sans-serif;color:#222;max-width:70rem;margin:0 auto;padding:1rem}
h1{margin:0;overflow-wrap:anywhere}h2{margin:2rem 0 .5rem}
h3{margin:1rem 0 .2rem;font-size:1rem}p{margin:.3rem 0}a{color:#005a8c}
.cards{display:grid;grid-template-columns:repeat(auto-fit,minmax(9rem,1fr));gap:.6rem;margin:1rem 0}
.card{border:1px solid #ddd;border-radius:.5rem;padding:.6rem .8rem}.card b{display:block;font-size:1.35rem}
.days{display:grid;grid-template-columns:repeat(auto-fit,minmax(min(100%,26rem),1fr));gap:1rem}
.wide{overflow-x:auto}table{border-collapse:collapse;width:100%;font-size:.9rem}
th,td{padding:.3rem .5rem;text-align:right;border-bottom:1px solid #eee}td{white-space:nowrap}th{vertical-align:bottom}
th:first-child,td:first-child{text-align:left}svg{width:100%;height:auto;display:block}
svg text{font-size:12px}.key{display:flex;flex-wrap:wrap;gap:.2rem .9rem;font-size:.85rem}
.key svg{display:inline-block;width:.8em;margin-right:.3em}
.note{color:#555;font-size:.9rem}.money{max-width:34rem}.spark{width:7.5rem;margin-left:auto}
@media(max-width:44rem){.blocks tr:first-child{display:none}
.blocks tr{display:block;padding:.5rem 0;border-bottom:1px solid #ccc}
.blocks td{display:flex;justify-content:space-between;gap:1rem;padding:.1rem 0;border:0}
.blocks td:first-child{font-weight:600}.blocks td::before{content:attr(data-label);color:#555}
.blocks td:first-child::before{content:none}.spark{margin:0}}
"""


def page(title: str, body: Sequence[str]) -> str:
    """A whole page."""
    return (
        '<!doctype html><html lang="en"><head><meta charset="utf-8">'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<title>{escape(title)}</title><style>{CSS}</style></head><body>{''.join(body)}</body></html>\n"
    )


def shown(value: object) -> str:
    """A value as a page has it: amounts with two decimals and a true minus sign, a dash for what is not known."""
    if value is None:
        return "–"
    return (
        f"{round(value, 2) + 0.0:.2f}".replace("-", "−") if isinstance(value, float) else escape(str(value))
    )


def cards(amounts: Mapping[str, object]) -> str:
    """What a glance should tell."""
    boxes = (
        f'<div class="card">{escape(name)}<b>{shown(value)}</b></div>' for name, value in amounts.items()
    )
    return f'<div class="cards">{"".join(boxes)}</div>'


def table(name: str, rows: Rows, columns: Mapping[str, str]) -> str:
    """Some columns of rows under their titles; one that is too wide is scrolled."""
    return _table(name, rows, columns, {}, "")


def blocks(name: str, rows: Rows, columns: Mapping[str, str], drawn: Mapping[str, Mapping[Any, str]]) -> str:
    """A table of many columns whose rows are blocks of lines on a phone.

    `drawn`: HTML that stands in the place of the values of a column, by value.
    """
    return _table(name, rows, columns, drawn, ' class="blocks"')


def _table(
    name: str, rows: Rows, columns: Mapping[str, str], drawn: Mapping[str, Mapping[Any, str]], kind: str
) -> str:
    if not rows:
        return '<p class="note">Nothing.</p>'
    head = "".join(f"<th>{escape(title)}</th>" for title in columns.values())
    body = "".join(f"<tr>{_cells(row, columns, drawn)}</tr>" for row in rows)
    return f'<div class="wide"><table id="{name}"{kind}><tr>{head}</tr>{body}</table></div>'


def _cells(row: Mapping[str, Any], columns: Mapping[str, str], drawn: Mapping[str, Mapping[Any, str]]) -> str:
    return "".join(
        f'<td data-column="{column}" data-label="{escape(title)}">'
        f"{drawn[column][row[column]] if column in drawn else shown(row[column])}</td>"
        for column, title in columns.items()
    )


def known_total(rows: Rows, column: str) -> float | None:
    """The sum of what is known; None where nothing is."""
    values = [row[column] for row in rows if row[column] is not None]
    return float(sum(values)) if values else None
