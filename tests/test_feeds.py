"""A day planned from prices and weather of servers, as a user runs it: what is believed, and what never shows."""

import json
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from tests.pipeline import Pipeline
from tests.sources.local_server import LocalServer, Reply, serving

KEY = "0f1e2d3c-4b5a-6978"
DATES = ("--from", "2025-06-01", "--to", "2025-06-01")
SITE = """\
site: home
timezone: Europe/Amsterdam
location: {latitude: 52.37, longitude: 4.90}
sensors:
  price:
    {unit: EUR/MWh, resolution: PT1H, kind: price, known: {day-ahead: "13:00"},
     source: {entsoe: {area: NL, url: ENTSOE}}}
  temperature:
    {unit: degC, resolution: PT1H, kind: temperature,
     source: {open-meteo: {variable: temperature_2m, lead-days: [0, 1], url: OPEN_METEO}}}
flex-context: {consumption-price: {sensor: price}, site-power-capacity: 20 kW}
devices:
  battery:
    flex-model: {soc-at-start: 0 kWh, soc-max: 5 kWh, power-capacity: 5 kW}
"""
# 17 days from midnight in Amsterdam, a fortnight of them to forecast from; cheap until noon, dear until evening
START = datetime(2025, 5, 17, 22, tzinfo=UTC)
POINTS = [(24 * day + hour, price) for day in range(17) for hour, price in ((1, 10), (13, 90), (19, 50))]
PRICES = f"""<?xml version="1.0"?><Publication_MarketDocument xmlns="p"><TimeSeries>
<currency_Unit.name>EUR</currency_Unit.name><price_Measure_Unit.name>MWH</price_Measure_Unit.name>
<curveType>A03</curveType><Period><timeInterval><start>2025-05-17T22:00Z</start><end>2025-06-03T22:00Z</end>
</timeInterval><resolution>PT60M</resolution>{
    "".join(
        f"<Point><position>{at}</position><price.amount>{price}</price.amount></Point>"
        for at, price in POINTS
    )
}</Period></TimeSeries></Publication_MarketDocument>"""
HOURS = [int((START + h * timedelta(hours=1)).timestamp()) for h in range(17 * 24)]
WEATHER = json.dumps(
    {
        "hourly_units": {"time": "unixtime", "temperature_2m": "°C", "temperature_2m_previous_day1": "°C"},
        "hourly": {
            "time": HOURS,
            "temperature_2m": [15.0] * len(HOURS),
            "temperature_2m_previous_day1": [12.0] * len(HOURS),
        },
    }
)


@pytest.fixture(scope="module")
def market() -> Iterator[LocalServer]:
    with serving() as server:
        server.replies = [Reply(status=503), Reply(PRICES)]  # busy at first
        yield server


@pytest.fixture(scope="module")
def planned(open_folder: Path, market: LocalServer) -> Iterator[Pipeline]:
    folder = open_folder / "feeds-portfolio"
    folder.mkdir()
    pipeline = Pipeline(open_folder / "feeds")
    with serving() as weather, pytest.MonkeyPatch.context() as patch:
        weather.replies = [Reply(WEATHER)]
        (folder / "home.yaml").write_text(
            SITE.replace("OPEN_METEO", weather.url).replace("ENTSOE", market.url)
        )
        patch.setenv("ENTSOE_API_KEY", KEY)
        done = pipeline.command("run", "--portfolio", str(folder), *DATES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert KEY not in done.stdout + done.stderr
    yield pipeline
    pipeline.stop()


def test_the_battery_is_planned_by_the_prices_of_the_market(planned: Pipeline) -> None:
    ((charged, discharged),) = planned.sql("""
        select sum(power_kw) filter (where power_kw > 0 and event_start < '2025-06-01 10:00Z'),
            sum(power_kw) filter (where power_kw < 0 and event_start >= '2025-06-01 10:00Z')
        from flex.current_schedule where date = '2025-06-01' and event_start < '2025-06-01 16:00Z'
    """)

    # 5 kWh in quarter-hours: filled for 10 EUR/MWh, emptied for 90
    assert (charged, discharged) == (pytest.approx(20), pytest.approx(-20))


def test_prices_are_believed_since_the_auction_and_weather_since_its_runs(planned: Pipeline) -> None:
    beliefs = planned.sql("""
        select s.name, b.belief_time at time zone 'UTC', b.value
        from flex.belief as b join flex.sensor as s using (sensor_id) join flex.source as o using (source_id)
        where b.event_start = '2025-06-01 10:00Z' and o.type = 'reading' order by 1, 2
    """)

    assert beliefs == [
        ("price", datetime(2025, 5, 31, 11), 90.0),
        ("temperature", datetime(2025, 5, 31, 17), 12.0),
        ("temperature", datetime(2025, 6, 1, 17), 15.0),
    ]


def test_the_key_is_in_no_file_that_was_written(planned: Pipeline, market: LocalServer) -> None:
    written = [path for path in planned.home.rglob("*") if path.is_file()]
    assert market.asked[0].params["securityToken"] == KEY
    assert len(written) > 100  # the server's tables and Dagster's logs are among them
    assert [path for path in written if KEY.encode() in path.read_bytes()] == []
