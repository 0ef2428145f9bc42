"""What the runs of one process ask servers for together."""

from datetime import date, timedelta
from pathlib import Path

from flex_pipeline.defs.ingestion import _together, backfill_of
from flex_pipeline.defs.resources import PipelineResource, WarehouseResource

DAYS = [date(2026, 3, 20) + timedelta(days=i) for i in range(3)]
SITE = """\
site: home
sensors: {load: {unit: kW, resolution: PT1H, kind: load, source: {csv: a.csv, column: kw}}}
flex-context: {consumption-price: 0.1 EUR/kWh}
devices: {battery: {flex-model: {soc-max: 40 kWh, power-capacity: 11 kW}}}
"""


def test_the_dates_of_a_backfill_share_what_they_ask_and_others_do_not(tmp_path: Path) -> None:
    (tmp_path / "home.yaml").write_text(SITE)
    pipeline = PipelineResource(warehouse=WarehouseResource(), folder=str(tmp_path))

    with backfill_of(DAYS):
        first, second = (_together("sensor_readings", pipeline, [day]) for day in DAYS[:2])
        other = _together("sensor_readings", pipeline, [DAYS[-1] + timedelta(days=1)])
    after = _together("sensor_readings", pipeline, [DAYS[0]])

    assert first is second
    assert len({id(first), id(other), id(after)}) == 3
    assert [(end - start).days for start, end in (*first.spans, *after.spans)] == [6, 4]
