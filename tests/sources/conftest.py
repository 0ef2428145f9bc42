from __future__ import annotations

import os
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import http
from tests.sources.local_server import LocalServer, serving

MakeSensor = Callable[..., Sensor]


@pytest.fixture
def shared() -> Path:
    """The folder with real data, beside the repository; tests that need it skip where it is absent."""
    beside = Path(__file__).resolve().parents[2].parent / "shared"
    folder = Path(os.environ.get("FLEX_SHARED", beside))
    if not (folder / "data").is_dir():
        pytest.skip("the folder with real data is not here")
    return folder


@pytest.fixture
def make_sensor() -> MakeSensor:
    """A quarter-hourly load in Amsterdam, unless said otherwise."""

    def make(source: dict[str, Any], **changes: Any) -> Sensor:
        usual = {
            "name": "home-01.load",
            "unit": "kW",
            "resolution": "PT15M",
            "kind": "load",
            "timezone": "Europe/Amsterdam",
            "site": "home-01",
            "latitude": 52.37,
            "longitude": 4.90,
        }
        return Sensor(source=source, **(usual | changes))

    return make


@pytest.fixture
def web(monkeypatch: pytest.MonkeyPatch) -> Iterator[LocalServer]:
    """A server of our own, asked without the pauses that strangers are owed."""
    quick = http.Manners(
        connect_s=1, silence_s=0.3, whole_s=1, attempts=3, first_wait_s=0.01, longest_wait_s=2, pause_s=0
    )
    monkeypatch.setattr(http, "MANNERS", quick)
    monkeypatch.setattr(http, "_hosts", {})
    with serving() as local:
        yield local
