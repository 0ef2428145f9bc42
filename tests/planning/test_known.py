"""What is held for planning."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from flex_pipeline.planning import configuration
from flex_pipeline.planning.known import _asked

SITE = """\
site: home
timezone: Europe/Amsterdam
sensors:
  departure:
    {unit: kWh, resolution: PT1H, kind: soc-minima, known: {day-ahead: "06:00"},
     source: {simulated: ev-departure-soc, reserve: 9 kWh}}
flex-context: {consumption-price: 0.1 EUR/kWh}
devices: {ev: {flex-model: {soc-at-start: 5 kWh, soc-max: 40 kWh, power-capacity: 11 kW}}}
"""


def test_a_forecast_of_a_departure_is_left_out_where_it_is_known_that_there_is_none(tmp_path: Path) -> None:
    (tmp_path / "home.yaml").write_text(SITE)
    sensor = configuration.load(tmp_path).sensors["departure"]
    # planned on 9 June: of the 10th all is known since six in the morning, of the 11th nothing
    planned_at = datetime(2025, 6, 9, 11, 15, tzinfo=UTC)
    midnight = datetime(2025, 6, 9, 22, tzinfo=UTC)
    beliefs = pl.DataFrame(
        {
            "event_start": [midnight + timedelta(hours=h) for h in (7, 8, 23, 24, 31)],
            "source_type": ["reading", "forecaster", "forecaster", "forecaster", "forecaster"],
        }
    )

    kept = _asked(beliefs, sensor, planned_at)["event_start"].to_list()

    assert kept == [midnight + timedelta(hours=h) for h in (7, 24, 31)]
