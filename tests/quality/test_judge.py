"""Rules on tiny frames. Days: 2026-03-29 has 23 hours and 2026-10-25 has 25 in Amsterdam."""

from datetime import UTC, date, datetime, timedelta
from typing import Any

import polars as pl
import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.judge import judge
from flex_pipeline.quality.suites import SUITES
from flex_pipeline.quality.verdict import EVIDENCE_ROWS, Verdict

LATER = datetime(2030, 1, 1, tzinfo=UTC)
MONDAY = date(2026, 3, 23)
MONDAY_START = datetime(2026, 3, 22, 23, tzinfo=UTC)  # midnight in Amsterdam, in winter time
QUARTER = timedelta(minutes=15)


def sensor(kind: str = "load", name: str = "home.load", unit: str = "kW", **fields: Any) -> Sensor:
    place = {"latitude": 52.37, "longitude": 4.9, "timezone": "Europe/Amsterdam", "resolution": "PT15M"}
    # most days here are one value all day, which is another rule's business
    place |= {"quality": {"flat-after": None}}
    return Sensor(name=name, unit=unit, kind=kind, source={}, **(place | fields))


def readings(
    values: list[float | None],
    name: str = "home.load",
    start: datetime = MONDAY_START,
    step: timedelta = QUARTER,
) -> pl.DataFrame:
    starts = [start + i * step for i in range(len(values))]
    return pl.DataFrame(
        {"sensor": [name] * len(values), "event_start": starts, "value": values},
        schema={"sensor": pl.String, "event_start": pl.Datetime("us", "UTC"), "value": pl.Float64},
    )


def faults(
    frame: pl.DataFrame, *sensors: Sensor, day: date = MONDAY, until: datetime = LATER
) -> dict[str, Verdict]:
    verdicts = judge(frame, sensors, day, due_until=until)
    return {verdict.expectation: verdict for verdict in verdicts if not verdict.passed}


def test_a_good_day_passes_every_rule_of_its_kind() -> None:
    verdicts = judge(readings([1.0] * 96), [sensor()], MONDAY, due_until=LATER)
    assert [v.expectation for v in verdicts] == [rule.name for rule in SUITES["load"]]
    assert all(v.passed and v.rows == () for v in verdicts)
    assert verdicts[0].observed == "0 of 96 steps missing"


@pytest.mark.parametrize(
    ("day", "start", "steps"),
    [
        (date(2026, 3, 29), datetime(2026, 3, 28, 23, tzinfo=UTC), 92),
        (date(2026, 10, 25), datetime(2026, 10, 24, 22, tzinfo=UTC), 100),
    ],
)
def test_a_day_on_which_the_clock_changes_is_complete_with_its_own_number_of_steps(
    day: date, start: datetime, steps: int
) -> None:
    assert faults(readings([1.0] * steps, start=start), sensor(), day=day) == {}
    short = faults(readings([1.0] * (steps - 1), start=start), sensor(), day=day)
    assert short["completeness"].observed.startswith(f"1 of {steps} steps missing, first {day}T23:45")


def test_the_missing_hour_after_the_clock_changed_is_named_in_local_time() -> None:
    start = datetime(2026, 3, 28, 23, tzinfo=UTC)
    frame = readings([1.0] * 92, start=start)
    gap = datetime(2026, 3, 29, 1, tzinfo=UTC)  # 03:00 summer time; 02:00 does not exist
    frame = frame.filter(~pl.col("event_start").is_between(gap, gap + timedelta(hours=1), closed="left"))
    verdict = faults(frame, sensor(), day=date(2026, 3, 29))["completeness"]
    assert verdict.observed == "4 of 92 steps missing, first 2026-03-29T03:00+02:00"
    assert verdict.severity == "repair"
    assert verdict.rows == tuple({"event_start": gap + i * QUARTER, "value": None} for i in range(4))


@pytest.mark.parametrize("nothing", [None, float("nan")])
def test_a_step_stored_without_a_value_is_missing(nothing: float | None) -> None:
    assert faults(readings([nothing, *[1.0] * 95]), sensor())["completeness"].observed.startswith("1 of 96")


def test_a_sensor_without_a_single_reading_misses_its_whole_day() -> None:
    verdict = faults(readings([]), sensor())["completeness"]
    assert verdict.observed == "96 of 96 steps missing, first 2026-03-23T00:00+01:00"
    assert len(verdict.rows) == EVIDENCE_ROWS


def test_what_the_meter_has_not_measured_yet_is_not_missing() -> None:
    noon = datetime(2026, 3, 23, 11, tzinfo=UTC)  # 12:00 in Amsterdam
    assert faults(readings([1.0] * 48), sensor(), until=noon) == {}
    delayed = sensor(known={"delay": "PT1H"})
    assert faults(readings([1.0] * 44), delayed, until=noon) == {}
    assert faults(readings([1.0] * 43), delayed, until=noon)["completeness"].observed.startswith("1 of 44")


def test_a_day_of_prices_is_due_as_a_whole_once_published() -> None:
    prices = sensor("price", "nl.day-ahead", "EUR/MWh", known={"day-ahead": "13:00"}, resolution="PT1H")
    published = datetime(2026, 3, 22, 12, tzinfo=UTC)  # 13:00 in Amsterdam on the day before
    assert faults(readings([]), prices, until=published - timedelta(seconds=1)) == {}
    assert faults(readings([]), prices, until=published)["completeness"].observed.startswith("24 of 24")


def test_a_step_stated_twice_is_a_fault_even_with_the_same_value() -> None:
    frame = readings([1.0] * 96)
    verdict = faults(pl.concat([frame, frame[10:12]]), sensor())["uniqueness"]
    assert verdict.observed == "2 of 96 steps stated more than once, first 2026-03-23T02:30+01:00"
    assert len(verdict.rows) == 4


def test_readings_of_a_finer_resolution_are_between_the_steps() -> None:
    verdict = faults(readings([1.0] * 288, step=timedelta(minutes=5)), sensor())["alignment"]
    assert verdict.observed.startswith("192 of 288 steps between the steps")


def test_readings_of_other_days_and_sensors_are_left_alone() -> None:
    day_before = readings([-1.0], start=MONDAY_START - QUARTER)
    other = readings([-1.0], name="office.load")
    assert faults(pl.concat([readings([1.0] * 96), day_before, other]), sensor()) == {}


@pytest.mark.parametrize(
    ("kind", "unit", "capacity", "good", "bad", "rule"),
    [
        ("load", "kW", None, 9_999.0, 10_001.0, "maximum"),
        ("load", "kW", 10.0, 11.0, 11.1, "maximum"),
        ("load", "W", 10.0, 11_000.0, 11_100.0, "maximum"),
        ("load", "kW", 10.0, 0.0, -0.1, "minimum"),
        ("temperature", "degC", None, -60.0, -61.0, "minimum"),
        ("temperature", "degC", None, 60.0, 300.0, "maximum"),  # kelvin
        ("irradiance", "W/m2", None, 1500.0, 1501.0, "maximum"),
        ("efficiency", "dimensionless", None, 15.0, 15.1, "maximum"),
        ("efficiency", "%", None, 1500.0, 1510.0, "maximum"),
        ("emissions", "gCO2/kWh", None, 2000.0, 2001.0, "maximum"),
        ("emissions", "kg/kWh", None, 0.0, -0.1, "minimum"),
        ("heat", "kW", None, 0.0, -0.1, "minimum"),
        ("availability", "kW", None, 0.0, -0.1, "minimum"),
        ("usage", "kW", None, 0.0, -0.1, "minimum"),
        ("price", "EUR/MWh", None, -500.0, -501.0, "minimum"),
        ("price", "EUR/MWh", None, 4000.0, 4001.0, "maximum"),
        ("price", "EUR/kWh", None, 4.0, 80.0, "maximum"),  # 80 EUR/MWh in a EUR/kWh series
        ("heat", "kW", None, 1e9, float("inf"), "maximum"),
    ],
)
def test_values_keep_within_the_range_of_their_kind_capacity_and_unit(
    kind: str, unit: str, capacity: float | None, good: float, bad: float, rule: str
) -> None:
    judged = sensor(kind, unit=unit, capacity=capacity, resolution="PT1H")
    day = {"step": timedelta(hours=1)}
    assert faults(readings([good] * 24, **day), judged) == {}
    broken = faults(readings([good] * 23 + [bad], **day), judged)
    assert broken.keys() == {rule}
    final = kind in ("price", "soc-minima")  # nothing is filled in for a market
    assert broken[rule].severity == ("error" if final else "repair")
    assert "1 of 24 steps" in broken[rule].observed


def test_a_value_out_of_range_is_stated_with_its_limit_and_unit() -> None:
    verdict = faults(readings([7.0, *[1.0] * 95]), sensor(capacity=5.0))["maximum"]
    assert verdict.observed == "1 of 96 steps above the maximum, first 7 > 5.5 kW at 2026-03-23T00:00+01:00"


def test_prices_in_a_currency_without_harmonised_limits_have_no_range() -> None:
    norwegian = sensor("price", unit="NOK/MWh", resolution="PT1H")
    assert faults(readings([6000.0] * 24, step=timedelta(hours=1)), norwegian) == {}


def test_a_unit_of_another_quantity_is_refused() -> None:
    with pytest.raises(ValueError, match="kWh"):
        judge(readings([]), [sensor(unit="kWh")], MONDAY, due_until=LATER)


def test_no_minimum_asked_of_a_store_is_not_a_missing_value() -> None:
    minima = sensor("soc-minima", unit="kWh")
    assert faults(readings([None] * 30 + [20.0]), minima) == {}
    assert faults(readings([]), minima) == {}
    assert faults(readings([-1.0]), minima).keys() == {"minimum"}


def test_pv_in_the_dark_is_suspicious() -> None:
    # Amsterdam, 23 March: sunrise 06:33 and sunset 18:58 local time, civil twilight half an hour more
    pv = sensor("pv", capacity=5.0)
    by_day = [0.0] * 26 + [2.0] * 50 + [0.0] * 20
    assert faults(readings(by_day), pv) == {}
    shifted = [0.0] * 20 + [2.0] * 50 + [0.0] * 26  # 90 minutes early, from 05:00
    verdict = faults(readings(shifted), pv)["night"]
    assert verdict.severity == "warning"
    assert verdict.observed.startswith(
        "4 of 96 steps of sunshine in the dark, first 2 > 0.05 kW at 2026-03-23T05:00"
    )


def test_the_offset_of_an_inverter_in_the_dark_is_not_suspicious() -> None:
    assert faults(readings([0.05] * 96), sensor("pv", capacity=5.0)) == {}  # 1 % of the capacity
    assert faults(readings([0.02] * 96), sensor("pv")) == {}
    assert faults(readings([0.03] * 96), sensor("pv")).keys() == {"night"}


@pytest.mark.parametrize(
    ("kind", "unit", "value"),
    [("price", "EUR/MWh", 0.08), ("load", "kW", 0.004)],  # EUR/kWh, and 4 kW given in MW
)
def test_a_whole_day_far_too_small_for_its_unit_is_suspicious(kind: str, unit: str, value: float) -> None:
    small = faults(readings([value] * 96), sensor(kind, unit=unit, capacity=10.0))
    assert small.keys() == {"unit"}
    assert small["unit"].severity == "warning"
    assert faults(readings([0.0] * 96), sensor(kind, unit=unit, capacity=10.0)) == {}


def test_each_sensor_has_the_local_day_of_its_own_time_zone() -> None:
    greek = sensor(name="athens.load", timezone="Europe/Athens")
    both = pl.concat(
        [readings([1.0] * 96), readings([1.0] * 96, "athens.load", MONDAY_START - timedelta(hours=1))]
    )
    assert faults(both, sensor(), greek) == {}


def test_a_thousand_sensors_are_one_validation_and_only_the_faulty_one_is_named(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    from great_expectations.datasource.fluent.interfaces import Batch

    validations = []
    validate = Batch.validate

    def counted(self: Batch, *args: Any, **kwargs: Any) -> Any:
        validations.append(self)
        return validate(self, *args, **kwargs)

    monkeypatch.setattr(Batch, "validate", counted)
    names = [f"home-{i:04}.load" for i in range(1000)]
    frame = pl.concat([readings([1.0] * 96, name) for name in names])
    frame = frame.with_columns(
        value=pl.when((pl.col("sensor") == "home-0500.load") & (pl.col("event_start") == MONDAY_START))
        .then(-1.0)
        .otherwise("value")
    )
    verdicts = judge(frame, [sensor(name=name) for name in names], MONDAY, due_until=LATER)
    assert len(validations) == 1
    assert len(verdicts) == 1000 * len(SUITES["load"])
    assert [(v.sensor, v.expectation) for v in verdicts if not v.passed] == [("home-0500.load", "minimum")]


def test_each_kind_is_a_validation_of_its_own() -> None:
    pv = sensor("pv", "home.pv", capacity=5.0)
    frame = pl.concat([readings([1.0] * 96), readings([-1.0] * 96, "home.pv")])
    verdicts = judge(frame, [pv, sensor()], MONDAY, due_until=LATER)
    assert {v.sensor for v in verdicts if not v.passed} == {"home.pv"}
    assert verdicts[0].sensor == "home.pv"  # in the order asked for


def test_great_expectations_keeps_quiet(
    capfd: pytest.CaptureFixture[str], caplog: pytest.LogCaptureFixture
) -> None:
    faults(readings([-1.0] * 96), sensor())
    assert capfd.readouterr() == ("", "")
    assert caplog.records == []
