"""Where the examples with known answers are; a test with an `example` runs once for each of them."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


def shared_folder() -> Path:
    """The folder of shared examples beside the repository, or where FLEX_SHARED says."""
    return Path(os.environ.get("FLEX_SHARED", Path(__file__).resolve().parents[2].parent / "shared"))


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared examples; without it the test is skipped."""
    if not (shared_folder() / "examples").is_dir():
        pytest.skip(f"no examples at {shared_folder()}")
    return shared_folder()


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    if "example" in metafunc.fixturenames:
        files = sorted((shared_folder() / "examples").glob("*/*.json"))
        absent = pytest.param(None, marks=pytest.mark.skip(f"no examples at {shared_folder()}"))
        metafunc.parametrize("example", files or [absent], ids=lambda path: path.stem if path else "absent")
