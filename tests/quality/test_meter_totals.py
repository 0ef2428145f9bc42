"""A counter beside the energy it counts."""

from datetime import UTC, date, datetime, timedelta
from pathlib import Path

import polars as pl
import pytest

from flex_pipeline.planning import configuration
from flex_pipeline.portfolio.loader import PortfolioError
from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.judge import judge
from flex_pipeline.quality.verdict import Verdict

DAY = date(2026, 3, 23)
MIDNIGHT = datetime(2026, 3, 23, tzinfo=UTC)
LATER = MIDNIGHT + timedelta(days=2)


def sensor(name: str, kind: str, unit: str, resolution: str, **quality: object) -> Sensor:
    described = {"name": name, "kind": kind, "unit": unit, "resolution": resolution, "timezone": "UTC"}
    return Sensor.model_validate(described | {"source": {}, "quality": quality})


METER = sensor("meter", "meter-total", "kWh", "PT1H", **{"energy-of": "load"})
LOAD = sensor("load", "load", "W", "PT15M")


def steps(name: str, minutes: int, values: list[float | None]) -> pl.DataFrame:
    return pl.DataFrame(
        {
            "sensor": name,
            "event_start": [MIDNIGHT + timedelta(minutes=i * minutes) for i in range(len(values))],
            "value": values,
        },
        schema_overrides={"event_start": pl.Datetime("us", "UTC"), "value": pl.Float64},
    )


def verdict(counts: list[float | None], watts: list[float | None], meter: Sensor = METER) -> Verdict:
    readings = pl.concat([steps("meter", 60, counts), steps("load", 15, watts)])
    found = judge(readings, [meter, LOAD], DAY, due_until=LATER)
    (said,) = (v for v in found if v.expectation == "energy-counted")
    return said


# 23 hours lie between the first and the last count of a day: at 800 W they are 18.4 kWh
COUNTS: list[float | None] = [round(100.05 + 0.8 * hour, 2) for hour in range(24)]


def test_a_meter_that_counts_what_is_measured_passes() -> None:
    assert verdict(COUNTS, [800.0] * 96).passed


def test_a_meter_that_counts_another_load_is_told_with_both_energies() -> None:
    found = verdict(COUNTS, [700.0] * 96)

    assert (found.passed, found.severity) == (False, "warning")
    # 5 % of 18.4 kWh, and one of the second decimal place
    assert found.observed == "18.4 kWh counted, 16.1 kWh measured: at most 0.93 kWh apart is right"


@pytest.mark.parametrize(("apart", "passed"), [(0.13, True), (0.12, False)])
def test_how_far_both_may_be_apart_is_a_threshold(apart: float, passed: bool) -> None:
    meter = sensor("meter", "meter-total", "kWh", "PT1H", **{"energy-of": "load", "apart": apart})
    assert verdict(COUNTS, [700.0] * 96, meter).passed == passed


def test_a_meter_of_whole_units_may_be_one_of_them_off() -> None:
    whole = [float(int(count)) for count in COUNTS if count is not None]  # 100 to 118: 18 of 18.4 kWh
    meter = sensor("meter", "meter-total", "kWh", "PT1H", **{"energy-of": "load", "apart": 0})
    assert verdict([*whole], [800.0] * 96, meter).passed


def test_where_a_step_is_missing_nothing_is_compared() -> None:
    assert verdict(COUNTS, [None, *[100.0] * 95]).passed


def test_a_meter_that_names_no_load_is_not_compared() -> None:
    alone = sensor("meter", "meter-total", "kWh", "PT1H")
    assert verdict(COUNTS, [100.0] * 96, alone).passed


@pytest.mark.parametrize(
    ("named", "message"),
    [("gone", "is not a sensor of this portfolio"), ("meter", "counts the energy of a load or of pv")],
)
def test_what_a_meter_counts_must_be_a_power_of_the_portfolio(
    tmp_path: Path, named: str, message: str
) -> None:
    (tmp_path / "home.yaml").write_text(f"""
site: home
sensors:
  meter:
    {{unit: kWh, resolution: PT1H, kind: meter-total, quality: {{energy-of: {named}}}, source: {{csv: a, column: b}}}}
flex-context: {{consumption-price: 0.1 EUR/kWh}}
devices: {{battery: {{flex-model: {{soc-max: 40 kWh, power-capacity: 11 kW}}}}}}
""")
    with pytest.raises(PortfolioError, match=message):
        configuration.load(tmp_path)
