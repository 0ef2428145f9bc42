"""A sensor of a FlexMeasures server: GET /api/v3_0/sensors/<id>/data."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import SourceError, Window, fetch
from tests.sources.conftest import MakeSensor
from tests.sources.local_server import LocalServer, Reply

TOKEN = "fm-token-42"
START = datetime(2026, 3, 28, 11, tzinfo=UTC)
HOUR, QUARTER = timedelta(hours=1), timedelta(minutes=15)


def document(values: list[Any], **changes: Any) -> str:
    usual = {
        "start": "2026-03-28T11:00:00+00:00",
        "duration": "PT1H",
        "unit": "kW",
        "values": values,
        "resolution": "PT15M",
        "status": "PROCESSED",
        "message": "Request has been processed.",
    }
    return json.dumps(usual | changes)


@pytest.fixture
def meter(
    make_sensor: MakeSensor, web: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Sensor]:
    monkeypatch.setenv("FLEXMEASURES_TOKEN", TOKEN)

    def make(options: dict[str, str] | None = None, **changes: Any) -> Sensor:
        source = {"flexmeasures": {"url": web.url + "/", "sensor": 7}}
        return make_sensor(source | (options or {}), **changes)

    return make


def rows(sensor: Sensor, now: datetime = START + 9 * HOUR) -> list[tuple[Any, ...]]:
    return fetch(sensor, Window(START, START + HOUR, now), Path()).values.rows()


def test_values_share_the_duration_and_gaps_stay(web: LocalServer, meter) -> None:
    web.replies = [Reply(document([1.5, None, 2.5, 3]))]

    # what is over is believed by the sensor's rule
    assert rows(meter()) == [
        (START, 1.5, None),
        (START + QUARTER, None, None),
        (START + 2 * QUARTER, 2.5, None),
        (START + 3 * QUARTER, 3.0, None),
    ]


def test_what_is_to_come_is_believed_now(web: LocalServer, meter) -> None:
    web.replies = [Reply(document([1, 2, 3, 4]))]
    now = START + 2 * QUARTER

    assert [belief for _, _, belief in rows(meter(), now)] == [None, None, now, now]


def test_what_is_asked_is_the_unit_and_a_step_around_the_window(web: LocalServer, meter) -> None:
    web.replies = [Reply(document([1, 2, 3, 4]))]
    rows(meter({"resolution": "PT15M", "unit": "kW"}, resolution="PT30M"))

    asked = web.asked[0]
    assert asked.path == "/api/v3_0/sensors/7/data"
    assert asked.headers["authorization"] == TOKEN
    assert asked.params == {
        "start": "2026-03-28T10:30:00+00:00",
        "duration": "PT2H",
        "unit": "kW",
        "resolution": "PT15M",
    }


def test_quarter_hours_of_the_server_become_the_hours_of_the_sensor(web: LocalServer, meter) -> None:
    web.replies = [Reply(document([1, 2, 3, 4]))]

    assert rows(meter(resolution="PT1H")) == [(START, 2.5, None)]


def test_energy_per_step_becomes_power(web: LocalServer, meter) -> None:
    web.replies = [Reply(document([1, 1, 1, 1], unit="kWh"))]

    assert [value for _, value, _ in rows(meter({"unit": "kWh"}))] == [4.0] * 4


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            Reply(json.dumps({"message": "You cannot be authenticated", "status": "UNAUTHORIZED"}), 401),
            "was answered: You cannot be authenticated; is the key in FLEXMEASURES_TOKEN right?",
        ),
        (
            Reply(json.dumps({"message": "No sensor with id 7"}), 422),
            '"422" was answered: No sensor with id 7',
        ),
        (Reply("<html>", 200), '"<html>" is not the JSON of FlexMeasures'),
        (Reply("[1, 2]"), "is not the JSON of FlexMeasures"),
        (Reply(document([1, 2], unit="MW")), '"MW" is not the kW asked for'),
        (Reply(document([1, "2"])), '"2" is not a number'),
        (Reply(document([1, True])), '"True" is not a number'),
        (Reply(document([1, 2, 3, 4, 5, 6, 7])), '"7" do not share 1:00:00 equally'),
        (Reply(document([1], start="yesterday")), '"yesterday" is not a time with an offset'),
        (Reply(document([1], start="2026-03-28T11:00:00")), "is not a time with an offset"),
        (Reply(document([1], duration="P1M")), '"P1M" is not a duration of fixed length'),
        (Reply(document([1, 2, 3])), "must hold each other a whole number of times"),
        (Reply(json.dumps({"start": "2026-03-28T11:00:00Z"})), "should be a list of numbers"),
        (Reply(document([1, 2])[:-3]), "is not the JSON of FlexMeasures"),
    ],
)
def test_any_other_answer_is_a_fault_with_its_reason(
    web: LocalServer, meter, reply: Reply, message: str
) -> None:
    web.replies = [reply]

    with pytest.raises(SourceError) as error:
        rows(meter())

    assert message in str(error.value)
    assert TOKEN not in str(error.value)


def test_a_sensor_without_values_gives_none(web: LocalServer, meter) -> None:
    web.replies = [Reply(document([]))]

    assert rows(meter()) == []
