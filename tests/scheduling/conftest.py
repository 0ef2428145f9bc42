"""Where the examples with known answers are."""

from __future__ import annotations

import os
from pathlib import Path

import pytest


@pytest.fixture(scope="session")
def shared() -> Path:
    """The folder of shared examples beside the repository, or where FLEX_SHARED says."""
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    folder = Path(os.environ.get("FLEX_SHARED", beside))
    if not (folder / "examples").is_dir():
        pytest.skip(f"no examples at {folder}")
    return folder
