"""Series with a known shape, on the clock of Paris."""

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl
import pytest

from flex_pipeline.portfolio.sensor import Sensor

PARIS = ZoneInfo("Europe/Paris")


@pytest.fixture
def sensor() -> Callable[..., Sensor]:
    def make(kind: str = "load", **fields: Any) -> Sensor:
        place = {"latitude": 48.85, "longitude": 2.35, "timezone": "Europe/Paris", "resolution": "PT1H"}
        return Sensor(**({"name": f"home.{kind}", "unit": "kW", "kind": kind, "source": {}} | place | fields))

    return make


@pytest.fixture
def series() -> Callable[..., pl.DataFrame]:
    def make(
        shape: Callable[[datetime], float | None],
        end: datetime,
        days: float,
        minutes: int = 60,
        noise: float = 0.0,
    ) -> pl.DataFrame:
        """`shape` of the local time at each step of the days before `end`, with noise around it."""
        step = timedelta(minutes=minutes)
        n = int(timedelta(days=days) / step)
        starts = [end - (n - i) * step for i in range(n)]
        values = [shape(start.astimezone(PARIS)) for start in starts]
        noisy = np.random.default_rng(1).normal(0, noise, n)
        return pl.DataFrame(
            {
                "event_start": starts,
                "value": [v if v is None else v + e for v, e in zip(values, noisy, strict=True)],
            },
            schema={"event_start": pl.Datetime("us", "UTC"), "value": pl.Float64},
        )

    return make
