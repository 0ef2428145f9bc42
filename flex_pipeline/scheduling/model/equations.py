"""The model as a page of equations, from the docstrings of its rules; run as a module, it prints them."""

from __future__ import annotations

import sys
from importlib import import_module
from inspect import getdoc, getmembers, isfunction
from types import ModuleType

from flex_pipeline.scheduling.limits import LIMITS, Rule

MODULES = (
    "flex_pipeline.scheduling.model.metering",
    "flex_pipeline.scheduling.model.site",
    "flex_pipeline.scheduling.model.group",
    "flex_pipeline.scheduling.model.two_prices",
    "flex_pipeline.scheduling.model.emissions",
    "flex_pipeline.scheduling.model.soft",
    "flex_pipeline.scheduling.model.storage",
    "flex_pipeline.scheduling.model.minimum_charging",
    "flex_pipeline.scheduling.model.stock",
    "flex_pipeline.scheduling.model.process",
    "flex_pipeline.scheduling.model.coupling",
    "flex_pipeline.scheduling.model.sharing",
    "flex_pipeline.scheduling.plugins.cycle_limit",
)


def equations() -> str:
    """Markdown: a section per module, with its symbols and a row per constraint family."""
    return "\n\n".join(_section(import_module(name)) for name in MODULES)


def _section(module: ModuleType) -> str:
    title, _, symbols = (getdoc(module) or "").partition("\n")
    lines = [f"### {title.rstrip('.')}", ""]
    if symbols.strip():
        lines += [symbols.strip(), ""]
    lines += ["| family | equation | set by | unit |", "|---|---|---|---|"]
    return "\n".join([*lines, *(_row(rule) for rule in _rules(module))])


def _rules(module: ModuleType) -> list[Rule]:
    """The functions of a module that state an equation, in its order."""
    own = [rule for _, rule in getmembers(module, isfunction) if rule.__module__ == module.__name__]
    stated = [rule for rule in own if not rule.__name__.startswith("_") and set("=≤≥") & set(_equation(rule))]
    return sorted(stated, key=lambda rule: rule.__code__.co_firstlineno)


def _row(rule: Rule) -> str:
    limit = LIMITS.get(rule)
    field, unit = ("", "") if limit is None else (limit.field, limit.unit)
    return f"| `{rule.__name__}` | {_equation(rule)} | {field} | {unit} |"


def _equation(rule: Rule) -> str:
    return (getdoc(rule) or "").replace("|", "\\|")


if __name__ == "__main__":
    sys.stdout.write(equations() + "\n")
