"""Day-ahead prices and load, as the Transparency Platform publishes them (documents written by its format)."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import SourceError, check_source, read
from tests.sources.conftest import MakeSensor
from tests.sources.local_server import LocalServer, Reply

KEY = "0f1e2d3c-aaaa-bbbb"
START = datetime(2026, 3, 28, 23, tzinfo=UTC)  # midnight in Amsterdam; 29 March has 23 hours
HOUR = timedelta(hours=1)
END = START + 23 * HOUR
PRICES = "urn:iec62325.351:tc57wg16:451-3:publicationdocument:7:3"
LOADS = "urn:iec62325.351:tc57wg16:451-6:generationloaddocument:3:0"

Points = Sequence[tuple[int, float]]  # position, value


def period(
    points: Points,
    name: str = "price.amount",
    resolution: str = "PT60M",
    start: datetime = START,
    end: datetime = END,
) -> str:
    inner = "".join(
        f"<Point><position>{at}</position><{name}>{value}</{name}></Point>" for at, value in points
    )
    return (
        f"<Period><timeInterval><start>{start:%Y-%m-%dT%H:%MZ}</start><end>{end:%Y-%m-%dT%H:%MZ}</end>"
        f"</timeInterval><resolution>{resolution}</resolution>{inner}</Period>"
    )


def prices(*periods: str, unit: str = "MWH", currency: str = "EUR", curve: str = "A03") -> str:
    series = "".join(
        f"<TimeSeries><mRID>{n}</mRID><auction.type>A01</auction.type><businessType>A62</businessType>"
        f"<currency_Unit.name>{currency}</currency_Unit.name>"
        f"<price_Measure_Unit.name>{unit}</price_Measure_Unit.name><curveType>{curve}</curveType>{one}</TimeSeries>"
        for n, one in enumerate(periods, 1)
    )
    document = f'<Publication_MarketDocument xmlns="{PRICES}">{series}</Publication_MarketDocument>'
    return f'<?xml version="1.0" encoding="utf-8"?>{document}'


def loads(one: str) -> str:
    return (
        f'<?xml version="1.0" encoding="UTF-8"?><GL_MarketDocument xmlns="{LOADS}"><TimeSeries><mRID>1</mRID>'
        "<quantity_Measure_Unit.name>MAW</quantity_Measure_Unit.name><curveType>A01</curveType>"
        f"{one}</TimeSeries></GL_MarketDocument>"
    )


def acknowledgement(code: str, text: str) -> str:
    return (
        '<?xml version="1.0" encoding="UTF-8"?><Acknowledgement_MarketDocument '
        'xmlns="urn:iec62325.351:tc57wg16:451-1:acknowledgementdocument:7:0">'
        f"<Reason><code>{code}</code><text>{text}</text></Reason></Acknowledgement_MarketDocument>"
    )


@pytest.fixture
def price(
    make_sensor: MakeSensor, web: LocalServer, monkeypatch: pytest.MonkeyPatch
) -> Callable[..., Sensor]:
    """An hourly Dutch price, asked from the local server with a key."""
    monkeypatch.setenv("ENTSOE_API_KEY", KEY)

    def make(question: dict[str, object] | None = None, **changes: object) -> Sensor:
        usual = {"name": "nl.price", "kind": "price", "unit": "EUR/MWh", "resolution": "PT1H"}
        return make_sensor({"entsoe": {"area": "NL", "url": web.url} | (question or {})}, **(usual | changes))

    return make


def rows(sensor: Sensor) -> list[tuple[datetime, float | None]]:
    return read(sensor, START, END, Path()).rows()


def test_positions_that_are_left_out_repeat_the_last_price(web: LocalServer, price) -> None:
    # curve type A03: a value holds until the next position
    web.replies = [Reply(prices(period([(1, 50.0), (3, 70.5), (23, -1.25)])))]

    values = [value for _, value in rows(price())]

    assert values == [50.0, 50.0, *[70.5] * 20, -1.25]


def test_what_is_asked_is_the_zone_the_window_and_the_key(web: LocalServer, price) -> None:
    web.replies = [Reply(prices(period([(1, 1.0)])))]
    rows(price())

    assert web.asked[0].params == {
        "documentType": "A44",
        "contract_MarketAgreement.type": "A01",
        "in_Domain": "10YNL----------L",
        "out_Domain": "10YNL----------L",
        "periodStart": "202603282200",  # a step more at both ends
        "periodEnd": "202603292300",
        "securityToken": KEY,
    }


def test_in_a_zone_with_two_auctions_the_coupled_one_is_asked_for(web: LocalServer, price) -> None:
    web.replies = [Reply(prices(period([(1, 1.0)])))]
    rows(price({"area": "DE_LU"}))

    assert web.asked[0].params["classificationSequence_AttributeInstanceComponent.position"] == "1"


def test_quarter_hours_of_the_market_become_the_mean_of_the_hour(web: LocalServer, price) -> None:
    quarters = [(n + 1, float(n)) for n in range(92)]
    web.replies = [Reply(prices(period(quarters, resolution="PT15M")))]

    # 0, 1, 2, 3 -> 1.5
    assert rows(price())[:2] == [(START, 1.5), (START + HOUR, 5.5)]


def test_hours_of_the_market_hold_for_the_quarter_hours_of_a_sensor(web: LocalServer, price) -> None:
    web.replies = [Reply(prices(period([(1, 50.0), (2, 60.0)])))]

    assert [value for _, value in rows(price(resolution="PT15M"))][:5] == [50.0] * 4 + [60.0]


def test_where_both_steps_are_published_the_sensors_own_stands_first(web: LocalServer, price) -> None:
    hours = period([(1, 10.0)])
    quarters = period([(1, 99.0)], resolution="PT15M", end=START + HOUR)
    web.replies = [Reply(prices(quarters, hours))]

    assert [value for _, value in rows(price())] == [10.0] * 23
    assert [value for _, value in rows(price(resolution="PT15M"))][:5] == [99.0] * 4 + [10.0]


def test_half_a_day_is_given_as_half_a_day(web: LocalServer, price) -> None:
    web.replies = [Reply(prices(period([(1, 5.0)], end=START + 12 * HOUR)))]

    assert len(rows(price())) == 12


def test_prices_per_kilowatt_hour_are_converted_and_another_currency_refused(web: LocalServer, price) -> None:
    web.replies = [Reply(prices(period([(1, 0.05)]), unit="KWH"))]
    assert rows(price())[0] == (START, 50.0)

    web.replies = [Reply(prices(period([(1, 300.0)]), currency="PLN"))]
    with pytest.raises(SourceError, match='"PLN/MWh" cannot be turned into "EUR/MWh"'):
        rows(price())


def test_nothing_published_yet_is_no_fault(web: LocalServer, price) -> None:
    text = "No matching data found for Data item Energy Prices [12.1.D] (NL) and interval 2026-03-28T22:00Z"
    web.replies = [Reply(acknowledgement("999", text))]

    assert rows(price()) == []


@pytest.mark.parametrize(
    ("reply", "message"),
    [
        (Reply(acknowledgement("999", "Unexpected error occurred"), 400), "Unexpected error occurred"),
        (
            Reply(f"<html>Unauthorized. Missing or invalid security token {KEY}</html>", 401),
            "is the key in ENTSOE_API_KEY right?",
        ),
        (Reply("<html><body>maintenance</body></html>"), "html where Publication_MarketDocument or GL_"),
        (Reply(prices(period([(1, 1.0)]))[:-40]), "is not a whole XML document"),
        (Reply("{}"), '"{}" is not a whole XML document'),
        (Reply(prices(period([(1, 1.0)], resolution="PT5M"))), '"PT5M" is none of PT15M, PT30M, PT60M'),
        (Reply(prices(period([(1, 1.0)]).replace("price.amount", "price"))), "is not as documented"),
        (Reply(prices(period([(1, 1.0)]).replace(">1.0<", ">one<"))), "is not as documented"),
        (Reply(prices(period([(1, 1.0)]), unit="GWH")), '"EUR, GWH" is not one unit'),
        (Reply(prices()), '"none" is not one unit'),
        (Reply(status=503), "answered 503 to attempt 3 of 3"),
    ],
)
def test_any_other_answer_is_a_fault_with_its_reason_and_without_the_key(
    web: LocalServer, price, reply: Reply, message: str
) -> None:
    web.replies = [reply]

    with pytest.raises(SourceError) as error:
        rows(price())

    assert message in str(error.value)
    assert str(error.value).startswith("sensor nl.price, ")
    assert KEY not in str(error.value)
    assert web.url.removeprefix("http://") in str(error.value)


@pytest.mark.parametrize(("document", "process"), [("load", "A16"), ("load-forecast", "A01")])
def test_the_load_of_a_zone_and_its_forecast(web: LocalServer, price, document: str, process: str) -> None:
    web.replies = [Reply(loads(period([(1, 9000), (2, 9100)], "quantity", end=START + 2 * HOUR)))]

    load = price({"document": document}, kind="load", unit="kW")

    assert rows(load) == [(START, 9e6), (START + HOUR, 9.1e6)]
    assert web.asked[0].params["processType"] == process
    assert web.asked[0].params["outBiddingZone_Domain"] == "10YNL----------L"


@pytest.mark.parametrize(
    ("question", "field", "message"),
    [
        ({"area": "Atlantis"}, "source.entsoe.area", "is not an area of ENTSO-E"),
        ({}, "source.entsoe.area", "is required; this source takes: area, document"),
        ({"area": "NL", "document": "wind"}, "source.entsoe.document", "should be 'day-ahead-price'"),
        ({"area": "NL", "key-env": "my key"}, "source.entsoe.key-env", "is not the name of an environment"),
        ({"area": "NL", "key": "x"}, "source.entsoe.key", "is an unknown option"),
    ],
)
def test_what_cannot_be_asked_is_said_before_asking(question, field: str, message: str) -> None:
    [(found, _, said)] = check_source({"entsoe": question})
    assert (found, message in said) == (field, True)
