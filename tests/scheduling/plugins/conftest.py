"""The plugins of the documentation, taken out again after each test."""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from flex_pipeline.portfolio import flex_model
from flex_pipeline.scheduling import plugins

EXAMPLES = Path(__file__).resolve().parents[3] / "docs" / "plugins"


@pytest.fixture
def load() -> Iterator[Callable[..., None]]:
    """Load example plugins by name, as a portfolio would."""
    models, registered, path = dict(flex_model.FLEX_MODELS), list(plugins.REGISTERED), list(sys.path)
    before = set(sys.modules)
    yield lambda *names: plugins.load(names, EXAMPLES)
    flex_model.FLEX_MODELS.clear()
    flex_model.FLEX_MODELS.update(models)
    plugins.REGISTERED[:], sys.path[:] = registered, path
    for name in set(sys.modules) - before:
        if name in {file.stem for file in EXAMPLES.glob("*.py")}:
            del sys.modules[name]
