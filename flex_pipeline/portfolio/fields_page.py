"""The page of the documentation that lists every field of a portfolio."""

from __future__ import annotations

from flex_pipeline.portfolio.aggregate import Aggregate
from flex_pipeline.portfolio.field_docs import markdown_table, model_table
from flex_pipeline.portfolio.file_schema import BESIDE_AGGREGATE, DEVICE, FILE, OF_THE_FILE
from flex_pipeline.portfolio.flex_context import COMMITMENT, COMMODITY, DEVICE_CONTEXT, FLEX_CONTEXT
from flex_pipeline.portfolio.flex_model import OPERATION_MODE, STORAGE
from flex_pipeline.portfolio.group import GROUP
from flex_pipeline.portfolio.portfolio import Settings
from flex_pipeline.portfolio.process import PHASE, PROCESS, TIME_RESTRICTION
from flex_pipeline.portfolio.regressors import Regressors
from flex_pipeline.portfolio.sensor import Known, Sensor

HEAD = """\
# The fields of a portfolio

Written by `flex-pipeline schema fields --out docs/fields.md` from the declarations that every file is checked by.
Quantities have a unit (`45 kW`, `0.1 MW`, `90%`, `0.25 EUR/kWh`). One that may vary can also be a sensor
(`{sensor: nl.day-ahead, plus: 0.12 EUR/kWh, default: 0.3 EUR/kWh}`), a series (`{series: {start, resolution, unit,
values}}`) or a list of segments (`[{value: 45 kW, start: "08:00", end: "20:00"}]`), whose times of day recur.
"""
INHERITANCE = """\
A flex-context is inherited field by field. What `settings.flex-context` states holds for every site that does not
state the same field itself. What a site states holds for all its devices; a device may state for itself what concerns
nobody else, the fields below, in a `flex-context` beside its `flex-model`. Prices, capacities and fixed flows belong
to the connection, which all devices behind it share.
"""


def fields_page() -> str:
    """Every field, in Markdown."""
    parts = {
        "A file": _named(FILE),
        "settings": model_table(Settings),
        "A sensor": model_table(Sensor, OF_THE_FILE, {"timezone": "the site's, else the settings'"}),
        "known, of a sensor": model_table(Known),
        "regressors, of a sensor": model_table(Regressors),
        "An aggregate": model_table(Aggregate, BESIDE_AGGREGATE),
        "flex-context": markdown_table(FLEX_CONTEXT),
        "A commitment": markdown_table(COMMITMENT),
        "Another commodity": markdown_table(COMMODITY),
        "A group": markdown_table(GROUP),
        "A device": _named(DEVICE),
        "flex-context, of a device": f"{INHERITANCE}\n{markdown_table(DEVICE_CONTEXT)}",
        "flex-model of a storage": markdown_table(STORAGE),
        "An operation mode": markdown_table(OPERATION_MODE),
        "flex-model of a process": markdown_table(PROCESS),
        "A phase of a load profile": markdown_table(PHASE),
        "A time restriction": markdown_table(TIME_RESTRICTION),
    }
    return "\n".join([HEAD, *(f"## {title}\n\n{body}\n" for title, body in parts.items())])


def _named(fields: dict[str, str]) -> str:
    rows = (f"| `{name}` | {text} |" for name, text in fields.items())
    return "\n".join(["| Field | Meaning |", "| --- | --- |", *rows])
