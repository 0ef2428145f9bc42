"""A day that follows the sun, moved: Amsterdam, 21 June 2026, where the sun is up from 03:18 to 20:06 UTC."""

from datetime import UTC, date, datetime, timedelta

import numpy as np
import polars as pl
import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.quality.time_shift import in_words, judge_clock, publication_shift
from flex_pipeline.timeseries.sun import sun

DAY = date(2026, 6, 21)
MIDNIGHT = datetime(2026, 6, 20, 22, tzinfo=UTC)
QUARTER, HOUR = timedelta(minutes=15), timedelta(hours=1)
PV = Sensor(
    name="home.pv",
    unit="kW",
    kind="pv",
    resolution="PT15M",
    timezone="Europe/Amsterdam",
    source={},
    latitude=52.37,
    longitude=4.9,
)


def clear_days(late: timedelta = timedelta(0)) -> pl.DataFrame:
    """Three days of a flat 5 kW panel under a clear sky, stamped `late`."""
    starts = [MIDNIGHT - 24 * HOUR + i * QUARTER for i in range(3 * 96)]
    middle = np.array([(start + QUARTER / 2).replace(tzinfo=None) for start in starts], "datetime64[us]")
    height = np.radians(sun(middle, 52.37, 4.9).elevation_deg)
    return pl.DataFrame(
        {"event_start": [start + late for start in starts], "value": 5 * np.clip(np.sin(height), 0, None)},
        schema={"event_start": pl.Datetime("us", "UTC"), "value": pl.Float64},
    )


def test_a_day_in_time_with_the_sun_passes() -> None:
    verdict = judge_clock(clear_days(), PV, DAY)

    assert (verdict.expectation, verdict.passed) == ("clock", True)


@pytest.mark.parametrize(
    ("hours", "words"),
    [
        (2, "2 h late for the sun over the site, as if by local times of Europe/Amsterdam read as UTC"),
        (-2, "2 h early for the sun over the site, as if by times in UTC read as local times of Europe/"),
        (1, "1 h late for the sun over the site, as if by summer time read as standard time"),
        (-1, "1 h early for the sun over the site, as if by standard time read as summer time"),
        (5.5, "5.5 h late for the sun over the site"),
    ],
)
def test_a_shift_is_named_with_the_mistake_that_makes_it(hours: float, words: str) -> None:
    verdict = judge_clock(clear_days(late=hours * HOUR), PV, DAY)

    assert not verdict.passed
    assert verdict.severity == "warning"
    assert words in verdict.observed


def test_the_noise_of_a_meter_at_night_is_no_shift() -> None:
    # 5 W all night long: 0.1 % of the day's energy
    noisy = clear_days().with_columns(pl.col("value") + 0.005)

    assert judge_clock(noisy, PV, DAY).passed


def test_a_day_without_sunshine_says_nothing_of_the_clock() -> None:
    dark = clear_days(late=2 * HOUR).with_columns(value=pl.lit(0.0))

    assert judge_clock(dark, PV, DAY).passed


def test_a_year_of_a_real_roof_is_in_time_and_seen_when_shifted(shared) -> None:
    raw = pl.read_csv(shared / "data" / "household_fr_emhass_30min.csv")
    roof = PV.model_copy(
        update={
            "resolution": timedelta(minutes=30),
            "latitude": 48.83,
            "longitude": 6.86,
            "timezone": "Europe/Paris",
        }
    )
    series = raw.select(
        event_start=pl.col("timestamp_utc").str.to_datetime(time_zone="UTC").cast(pl.Datetime("us", "UTC")),
        value=pl.col("pv_w").cast(pl.Float64, strict=False).fill_nan(0).fill_null(0),
    )
    days = [date(2024, 3, 5) + timedelta(days=10) * i for i in range(35)]
    late = series.with_columns(pl.col("event_start") + 2 * HOUR)

    named = [day for day in days if not judge_clock(series, roof, day).passed]
    seen = [day for day in days if not judge_clock(late, roof, day).passed]
    assert len(named) <= 1
    assert len(seen) >= 30


@pytest.mark.parametrize(
    ("known_until", "late"),
    [(24, None), (25, "1 h late"), (22, "2 h early"), (48, None), (0, None)],
)
def test_what_a_market_publishes_ends_at_midnight(known_until: int, late: str | None) -> None:
    # 0: the day is not published yet; 48: the next one is, too
    shift = publication_shift(MIDNIGHT + known_until * HOUR, MIDNIGHT + 24 * HOUR)

    assert (in_words(shift) if shift else None) == late
