"""The weather: its forecasts with the time they were issued, its past forecasts, and what it was."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import SourceError, Window, check_source, fetch
from tests.sources.conftest import MakeSensor
from tests.sources.local_server import LocalServer, Reply

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
START = datetime(2026, 6, 21, 10, tzinfo=UTC)
AHEAD = Window(START, START + 2 * HOUR, START - 20 * HOUR)
OVER = Window(START, START + 2 * HOUR, START + 5 * DAY)

Column = Sequence[float | None]


def document(units: Mapping[str, str], columns: Mapping[str, Column], first: datetime = START - HOUR) -> str:
    n = len(next(iter(columns.values())))
    times = [int((first + h * HOUR).timestamp()) for h in range(n)]
    return json.dumps(
        {
            "latitude": 52.375,
            "longitude": 4.9,
            "utc_offset_seconds": 0,
            "timezone": "GMT",
            "hourly_units": {"time": "unixtime", **units},
            "hourly": {"time": times, **columns},
        }
    )


def temperatures(*values: float | None) -> str:
    return document({"temperature_2m": "°C"}, {"temperature_2m": values})


@pytest.fixture
def weather(make_sensor: MakeSensor, web: LocalServer) -> Callable[..., Sensor]:
    def make(variable: str = "temperature_2m", unit: str = "degC", **question: Any) -> Sensor:
        kind = "temperature" if variable == "temperature_2m" else "irradiance"
        source = {"open-meteo": {"variable": variable, "url": web.url} | question}
        return make_sensor(source, name="weather", kind=kind, unit=unit, resolution="PT1H")

    return make


def rows(sensor: Sensor, window: Window) -> list[tuple[Any, ...]]:
    return fetch(sensor, window, Path()).values.rows()


def test_a_forecast_is_believed_when_it_is_fetched(web: LocalServer, weather) -> None:
    web.replies = [Reply(temperatures(18.0, 19.5, None, 21.0))]

    assert rows(weather(), AHEAD) == [(START, 19.5, AHEAD.now), (START + HOUR, None, AHEAD.now)]
    assert web.asked[0].path == "/v1/forecast"
    assert web.asked[0].params == {
        "latitude": "52.37",  # the site's
        "longitude": "4.9",
        "hourly": "temperature_2m",
        "start_date": "2026-06-21",
        "end_date": "2026-06-21",
        "timeformat": "unixtime",
        "timezone": "GMT",
    }


def test_a_forecast_of_a_named_model_is_believed_since_its_run_came_out(web: LocalServer, weather) -> None:
    issued = START - 22 * HOUR
    meta = {"last_run_initialisation_time": 0, "last_run_availability_time": int(issued.timestamp())}
    web.replies = [Reply(json.dumps(meta)), Reply(temperatures(18.0, 19.5, 20.0, 21.0))]

    found = rows(weather(**{"issued-by": "dwd_icon_d2", "model": "icon_d2"}), AHEAD)

    assert {belief for _, _, belief in found} == {issued}
    assert web.asked[0].path == "/data/dwd_icon_d2/static/meta.json"
    assert web.asked[1].params["models"] == "icon_d2"


def test_past_forecasts_are_beliefs_of_their_own_time(web: LocalServer, weather) -> None:
    web.replies = [
        Reply(
            document(
                {"temperature_2m": "°C", "temperature_2m_previous_day1": "°C"},
                {
                    "temperature_2m": [0, 20, 21, 0],
                    "temperature_2m_previous_day1": [0, 17, None, 0],
                },
            )
        )
    ]

    found = rows(weather(**{"lead-days": [0, 1]}), OVER)

    # the run that is a day older was out 6 h after the end of the step, a day earlier
    assert found == [
        (START, 17.0, START + 7 * HOUR - DAY),
        (START, 20.0, START + 7 * HOUR),
        (START + HOUR, 21.0, START + 8 * HOUR),
    ]
    assert web.asked[0].params["hourly"] == "temperature_2m,temperature_2m_previous_day1"


def test_the_archive_is_believed_by_the_rule_of_the_sensor(web: LocalServer, weather) -> None:
    web.replies = [Reply(temperatures(18.0, 19.5, 20.5, 21.0))]

    assert rows(weather(weather="archive"), OVER) == [(START, 19.5), (START + HOUR, 20.5)]
    assert web.asked[0].path == "/v1/archive"


def test_radiation_is_the_mean_of_the_hour_before_its_stamp(web: LocalServer, weather) -> None:
    columns = {"shortwave_radiation": [100.0, 200.0, 300.0, 400.0]}
    web.replies = [Reply(document({"shortwave_radiation": "W/m²"}, columns))]

    # stamped 11:00: the mean from 10:00 to 11:00
    found = rows(weather("shortwave_radiation", "W/m2"), AHEAD)
    assert [(start, value) for start, value, _ in found] == [(START, 300.0), (START + HOUR, 400.0)]


def test_the_temperature_runs_straight_between_two_hours(web: LocalServer, make_sensor, weather) -> None:
    web.replies = [Reply(temperatures(18.0, 20.0, 24.0, 22.0))]
    quarters = weather().model_copy(update={"resolution": timedelta(minutes=15)})

    assert [value for _, value, _ in rows(quarters, AHEAD)][:5] == [20.0, 21.0, 22.0, 23.0, 24.0]


def test_kelvin_is_another_unit_with_another_zero(web: LocalServer, weather) -> None:
    web.replies = [Reply(temperatures(18.0, 20.0, 24.0, 22.0))]

    assert rows(weather(unit="kelvin"), AHEAD)[0][1] == pytest.approx(293.15)


def test_a_customer_asks_a_server_of_their_own_with_a_key_that_never_shows(
    web: LocalServer, weather, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPEN_METEO_KEY", "om-key-42")
    web.replies = [Reply(json.dumps({"error": True, "reason": "API key om-key-42 is expired"}), 400)]

    with pytest.raises(SourceError, match=r"API key \*\*\* is expired"):
        rows(weather(**{"key-env": "OPEN_METEO_KEY"}), AHEAD)
    assert web.asked[0].params["apikey"] == "om-key-42"


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (
            Reply(json.dumps({"error": True, "reason": "Cannot initialize WeatherVariable"}), 400),
            "Cannot init",
        ),
        (Reply("Bad gateway"), '"Bad gateway" is not the JSON of Open-Meteo'),
        (Reply(temperatures(1.0, 2.0)[:-9]), "is not the JSON of Open-Meteo"),
        (Reply(json.dumps({"hourly": {}})), "should be a list of numbers"),
        (Reply(json.dumps({"hourly": 3})), '"hourly" is missing from the answer'),
        (
            Reply(document({}, {"temperature": [1.0]})),
            '"temperature_2m" is not in the answer; there is: temp',
        ),
        (Reply(document({}, {"temperature_2m": [1.0]})), "has no unit in the answer"),
        (Reply(document({}, {"other": [1, 2], "temperature_2m": [1.0]})), "values for 2 hours"),
        (Reply(document({}, {"temperature_2m": ["warm"]})), '"warm" is not a number'),  # type: ignore[dict-item]
        (
            Reply(document({"temperature_2m": "parsec"}, {"temperature_2m": [1]})),
            'cannot be turned into "degC"',
        ),
        (Reply(json.dumps({"hourly": {"time": [1e30], "temperature_2m": [1]}})), "is not a time in seconds"),
        (Reply(temperatures(1.0), 503), "answered 503 to attempt 3 of 3"),
    ],
)
def test_any_other_answer_is_a_fault_with_its_reason(
    web: LocalServer, weather, reply: Reply, message: str
) -> None:
    web.replies = [reply]

    with pytest.raises(SourceError) as error:
        rows(weather(), AHEAD)

    assert message in str(error.value)


def test_a_place_that_nobody_gives_is_missed_before_asking(make_sensor: MakeSensor) -> None:
    sensor = make_sensor(
        {"open-meteo": {"variable": "temperature_2m"}}, kind="temperature", latitude=None, longitude=None
    )

    [(field, _, said)] = check_source(sensor.source, sensor)
    assert field == "source.open-meteo.latitude"
    assert "as the site's location" in said


@pytest.mark.parametrize(
    ("question", "message"),
    [
        ({"variable": "temperature_2m", "latitude": 52.0}, "needs latitude and longitude, or neither"),
        ({"variable": "temperature_2m", "lead-days": [9]}, "lead-days are whole days from 0 to 7"),
        ({"variable": "Temperature"}, "match pattern"),
        ({"variable": "temperature_2m", "weather": "guess"}, "should be 'forecast' or 'archive'"),
    ],
)
def test_what_cannot_be_asked_is_said_before_asking(question, message: str) -> None:
    [(_, _, said)] = check_source({"open-meteo": question})
    assert message in said
