"""Many sensors and days are one question to a server, and what each gets is as if it had asked alone."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import Together, Window, asked_together, fetch
from tests.sources.conftest import MakeSensor
from tests.sources.local_server import LocalServer, Reply

FIRST = date(2026, 3, 20)
MIDNIGHT = datetime(2026, 3, 20, tzinfo=UTC)
HOUR, DAY = timedelta(hours=1), timedelta(days=1)
NOW = MIDNIGHT + 100 * DAY
RADIATION, TEMPERATURE = "shortwave_radiation", "temperature_2m"


def days(n: int) -> list[date]:
    return [FIRST + i * DAY for i in range(n)]


def weather(web: LocalServer, make_sensor: MakeSensor, variable: str, **question: Any) -> Sensor:
    source = {"open-meteo": {"variable": variable, "weather": "archive", "url": web.url} | question}
    kind, unit = ("temperature", "degC") if variable == TEMPERATURE else ("irradiance", "W/m^2")
    return make_sensor(source, name=variable, kind=kind, unit=unit, resolution="PT1H", timezone="UTC")


def archive(*variables: str) -> Reply:
    """Hours of ten days around the first, each with its number; of radiation plus 0.5."""
    hours = range(-48, 8 * 24)
    columns = {name: [h + (0.5 if name == RADIATION else 0.0) for h in hours] for name in variables}
    times = [int((MIDNIGHT + h * HOUR).timestamp()) for h in hours]
    units = {TEMPERATURE: "°C", RADIATION: "W/m²"}
    return Reply(json.dumps({"hourly_units": units, "hourly": {"time": times, **columns}}))


def read(sensors: list[Sensor], n: int, together: Together | None) -> list[list[float]]:
    windows = [Window.of(MIDNIGHT + i * DAY, MIDNIGHT + (i + 1) * DAY, NOW, together) for i in range(n)]
    return [
        fetch(sensor, window, Path()).values["value"].to_list() for window in windows for sensor in sensors
    ]


def test_variables_of_one_place_and_days_in_a_row_are_one_question(
    web: LocalServer, make_sensor: MakeSensor
) -> None:
    sensors = [weather(web, make_sensor, name) for name in (TEMPERATURE, RADIATION)]
    web.replies = [archive(TEMPERATURE, RADIATION)]

    found = read(sensors, 3, asked_together(sensors, days(3), NOW))

    assert len(web.asked) == 1
    assert web.asked[0].params["hourly"] == f"{RADIATION},{TEMPERATURE}"
    assert (web.asked[0].params["start_date"], web.asked[0].params["end_date"]) == (
        "2026-03-19",
        "2026-03-25",
    )
    assert found == read(sensors, 3, None)
    assert len(web.asked) == 1 + 6


def test_another_place_is_another_question(web: LocalServer, make_sensor: MakeSensor) -> None:
    here = weather(web, make_sensor, TEMPERATURE)
    there = weather(web, make_sensor, RADIATION, latitude=10, longitude=10)
    web.replies = [archive(TEMPERATURE), archive(RADIATION)]

    read([here, there], 1, asked_together([here, there], days(1), NOW))

    assert [asked.params["hourly"] for asked in web.asked] == [TEMPERATURE, RADIATION]


def test_what_lies_ahead_is_asked_for_day_by_day(web: LocalServer, make_sensor: MakeSensor) -> None:
    sensor = weather(web, make_sensor, TEMPERATURE)
    together = asked_together([sensor], days(3), MIDNIGHT + DAY + 5 * HOUR)
    web.replies = [archive(TEMPERATURE)]

    read([sensor], 3, together)

    spans = [(asked.params["start_date"], asked.params["end_date"]) for asked in web.asked]
    assert spans == [("2026-03-19", "2026-03-21"), ("2026-03-20", "2026-03-22"), ("2026-03-21", "2026-03-23")]


def test_a_fault_in_a_common_answer_is_no_fault_of_the_other_days(
    web: LocalServer, make_sensor: MakeSensor
) -> None:
    sensors = [weather(web, make_sensor, name) for name in (TEMPERATURE, RADIATION)]
    web.replies = [Reply('{"error": true, "reason": "no such variable"}', 400), archive(TEMPERATURE)]

    (values,) = read(sensors[:1], 1, asked_together(sensors, days(1), NOW))

    assert values == [float(h) for h in range(24)]
    assert [asked.params["hourly"] for asked in web.asked] == [f"{RADIATION},{TEMPERATURE}", TEMPERATURE]


def test_a_sensor_of_a_server_is_asked_for_a_month_at_once(
    web: LocalServer, make_sensor: MakeSensor, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEXMEASURES_TOKEN", "a-token")
    source = {"flexmeasures": {"url": web.url, "sensor": 7}}
    sensor = make_sensor(source, resolution="PT1H", timezone="UTC")

    def answer(first: int, n: int) -> Reply:
        start = MIDNIGHT + first * DAY
        values = [24.0 * first + h for h in range(24 * n)]
        said = {"values": values, "unit": "kW", "start": start.isoformat(), "duration": f"P{n}D"}
        return Reply(json.dumps(said))

    # 40 days are 31 and 9, each with a day before and two after
    web.replies = [answer(-1, 34), answer(30, 12)]

    found = read([sensor], 40, asked_together([sensor], days(40), NOW))

    assert [asked.params["start"][:10] for asked in web.asked] == ["2026-03-19", "2026-04-19"]
    assert [values[0] for values in found] == [24.0 * day for day in range(40)]


def test_days_apart_are_not_asked_for_as_if_they_followed_each_other() -> None:
    together = Together.of([FIRST, FIRST + 20 * DAY], NOW)

    assert together.spans == (
        (MIDNIGHT - DAY, MIDNIGHT + 3 * DAY),
        (MIDNIGHT + 19 * DAY, MIDNIGHT + 23 * DAY),
    )
