"""Tables with a charging session a row, and the series that follow from them."""

from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import SourceError, Window, check_source, fetch, source_of

LOG = """\
car,plug,arrival,departure,wh,battery_wh
one,A,2026-03-23T08:00,2026-03-23T10:07,9000,60000
two,A,2026-03-23T11:30,2026-03-23T12:00,2000,
three,B,2026-03-22T20:00,2026-03-23T09:00,4000,40000
four,B,2026-03-23T13:00,,1000,40000
"""
SOURCE = {
    "csv": "log.csv",
    "column": "wh",
    "unit": "Wh",
    "time-column": "arrival",
    "departure-column": "departure",
}
NAMED = {"session-column": "car", "plug-column": "plug", "battery-column": "battery_wh"}
MIDNIGHT = datetime(2026, 3, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)


def sensor(kind: str, unit: str = "kWh", source: dict[str, Any] = SOURCE, **fields: Any) -> Sensor:
    described = {"name": "garage", "unit": unit, "resolution": "PT1H", "kind": kind, "timezone": "UTC"}
    return Sensor.model_validate(described | {"source": source, "capacity": 11.0} | fields)


def read(folder: Path, described: Sensor, log: str = LOG) -> Any:
    (folder / "log.csv").write_text(log)
    return fetch(described, Window.of(MIDNIGHT, MIDNIGHT + 24 * HOUR), folder).values


def by_hour(folder: Path, described: Sensor) -> dict[float, float]:
    """The values that are neither missing nor zero, by hour of the day."""
    values = read(folder, described)
    assert values["event_start"].to_list() == [MIDNIGHT + h * HOUR for h in range(24)]
    return {(at - MIDNIGHT) / HOUR: value for at, value in values.iter_rows() if value}


def test_sessions_that_begin_in_the_window_are_read_with_their_times_and_energies(tmp_path: Path) -> None:
    found = read(tmp_path, sensor("ev-session", source=SOURCE | NAMED))

    columns = ("session", "plug", "event_start", "plugged_out", "value", "capacity_kwh")
    assert found.select(columns).rows() == [
        ("one", "A", MIDNIGHT + 8 * HOUR, MIDNIGHT + timedelta(hours=10, minutes=7), 9.0, 60.0),
        ("two", "A", MIDNIGHT + 11.5 * HOUR, MIDNIGHT + 12 * HOUR, 2.0, None),
        ("four", "B", MIDNIGHT + 13 * HOUR, None, 1.0, 40.0),
    ]


def test_a_session_without_a_name_is_called_by_when_it_began(tmp_path: Path) -> None:
    found = read(tmp_path, sensor("ev-session"))

    assert found["session"].to_list() == ["2026-03-23T08:00Z", "2026-03-23T11:30Z", "2026-03-23T13:00Z"]
    assert set(found["plug"]) == {""}


def test_power_is_available_while_a_car_is_plugged_in_and_until_the_step_in_which_it_leaves(
    tmp_path: Path,
) -> None:
    on_plug_a = SOURCE | NAMED | {"plug": "A"}

    assert by_hour(tmp_path, sensor("availability", "kW", on_plug_a)) == {8: 11, 9: 11, 11: 5.5}


def test_on_several_plugs_there_is_no_more_than_the_point_can_give(tmp_path: Path) -> None:
    found = by_hour(tmp_path, sensor("availability", "kW"))

    # the third since the evening before, and the fourth until nobody knows when
    assert found == dict.fromkeys((*range(10), *range(13, 24)), 11.0) | {11: 5.5}


def test_a_car_has_its_energy_by_the_start_of_the_step_in_which_it_leaves(tmp_path: Path) -> None:
    assert by_hour(tmp_path, sensor("soc-minima")) == {9: 4, 10: 9, 12: 2}


def test_it_takes_its_energy_along_within_that_step(tmp_path: Path) -> None:
    assert by_hour(tmp_path, sensor("usage", "kW")) == {9: 4, 10: 9, 12: 2}
    quarters = read(tmp_path, sensor("usage", "kW", resolution="PT15M"))
    assert sum(quarters["value"]) / 4 == pytest.approx(15)


def test_a_table_in_a_database_is_asked_for_the_week_before_too() -> None:
    query = {"url-env": "X", "query": "select 1 where :start < :end"}
    source = {"sql": query, "column": "wh", "departure-column": "out"}
    described = sensor("availability", "kW", source)
    reach = source_of(described).reach(described)  # type: ignore[union-attr]

    assert reach == timedelta(days=7)


@pytest.mark.parametrize(
    ("log", "message"),
    [
        (LOG.replace("2026-03-23T10:07", "soon"), "departure-column(.|\n)*is not a time"),
        (LOG.replace("departure", "gone"), "departure-column(.|\n)*is not a column; there are: car"),
        (LOG.replace("9000", "much"), "is not a number"),
    ],
)
def test_a_broken_log_is_a_named_error(tmp_path: Path, log: str, message: str) -> None:
    with pytest.raises(SourceError, match=message):
        read(tmp_path, sensor("ev-session"), log)


@pytest.mark.parametrize(
    ("described", "field", "message"),
    [
        (sensor("load", "kW"), "kind", "does not follow from charging sessions"),
        (sensor("availability", "kW", capacity=None), "capacity", "what a plugged-in car can take"),
        (sensor("usage", "kW", SOURCE | {"unit": "degC"}), "source.unit", "the energy of a session"),
        (sensor("ev-session", source={"csv": "a", "column": "b"}), "source", "has no sessions"),
        (sensor("ev-session", source={"simulated": "ev-driving"}), "source", "has no sessions"),
    ],
)
def test_what_does_not_fit_is_seen_before_anything_is_read(
    described: Sensor, field: str, message: str
) -> None:
    ((found, _, why),) = check_source(described.source, described)
    assert (found, message in why) == (field, True), why


@pytest.mark.parametrize(("kind", "unit"), [("usage", "kWh"), ("availability", "kWh"), ("soc-minima", "kW")])
def test_a_series_of_sessions_in_a_unit_it_cannot_have_is_told(tmp_path: Path, kind: str, unit: str) -> None:
    wrong = sensor(kind, unit)

    (told,) = source_of(wrong).problems(wrong)
    assert told[:2] == ("unit", unit)
    with pytest.raises(SourceError, match=f"a sensor of kind {kind} is in"):
        read(tmp_path, wrong)
