"""What a plan says of its inputs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flex_pipeline.planning.horizon import Horizon
from flex_pipeline.planning.known import Known
from flex_pipeline.planning.origins import origins
from flex_pipeline.portfolio.portfolio import Portfolio, Settings
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.blocked import Blocked

MIDNIGHT = datetime(2026, 3, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEEN = Horizon(MIDNIGHT - 12 * HOUR, MIDNIGHT, MIDNIGHT + 4 * HOUR, MIDNIGHT + 8 * HOUR)


def known(beliefs: pl.DataFrame, kind: str = "load", unit: str = "kW") -> Known:
    sensor = Sensor.model_validate(
        {"name": "x", "unit": unit, "resolution": "PT1H", "kind": kind, "timezone": "UTC", "source": {}}
    )
    portfolio = Portfolio(Path(), Settings(), (), {"x": sensor})
    return Known(portfolio, Blocked(False, "", {}), {}, {"x": beliefs}, MIDNIGHT)


def test_what_a_plan_reads_is_counted_by_where_it_comes_from() -> None:
    types = ["reading", "reading", "repair", "forecaster", "forecaster", "forecaster"]
    sources = ["meter", "meter", "hold", "naive", "naive", "naive"]
    # an hour before the day, its four hours, and one after
    times = [MIDNIGHT + i * HOUR for i in range(-1, 5)]
    beliefs = pl.DataFrame({"event_start": times, "source_type": types, "source": sources})

    found = list(origins(known(beliefs), ["x"], SEEN))

    assert [str(origin) for origin in found] == [
        "x: 1 of 4 steps published by meter",
        "x: 1 of 4 steps repaired by hold",
        "x: 2 of 4 steps forecast by naive",
    ]
    assert [origin.is_made_up for origin in found] == [False, True, True]


@pytest.mark.parametrize(("planned", "measured"), [(-1, 0), (1, 1), (1.5, 1), (9, 2)])
def test_a_reading_is_measured_if_its_step_is_over_when_it_is_planned(planned: float, measured: int) -> None:
    beliefs = pl.DataFrame(
        {"event_start": [MIDNIGHT, MIDNIGHT + HOUR], "source_type": "reading", "source": "meter"}
    )
    seen = Horizon(MIDNIGHT + planned * HOUR, SEEN.start, SEEN.day_end, SEEN.end)

    found = {origin.origin: origin.steps for origin in origins(known(beliefs), ["x"], seen)}

    assert found.get("measured", 0) == measured
    assert found.get("published", 0) == 2 - measured


def test_of_a_state_those_before_the_day_count_too_and_an_instant_is_over_at_once() -> None:
    times = [MIDNIGHT - 13 * HOUR, MIDNIGHT - 12 * HOUR, MIDNIGHT - 11 * HOUR]
    beliefs = pl.DataFrame({"event_start": times, "source_type": "reading", "source": "meter"})

    found = {o.origin: o.steps for o in origins(known(beliefs, "soc", "kWh"), ["x"], SEEN)}

    assert found == {"measured": 2, "published": 1}
