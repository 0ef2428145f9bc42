"""ENTSO-E's Transparency Platform: day-ahead prices, load and its forecast, of a bidding zone.

The documents are read by entsoe-py's parsers; asking is ours, because its client puts the key into errors.
"""

from __future__ import annotations

import re
from datetime import datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Literal
from xml.etree import ElementTree

import polars as pl
from pydantic import Field, field_validator

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources import http
from flex_pipeline.sources.errors import SourceError
from flex_pipeline.sources.reading import Reading, Window, no_values
from flex_pipeline.sources.web import Address, Question, Variable, WebSource, beginning, refused

if TYPE_CHECKING:
    import pandas as pd

SERVICE = "https://web-api.tp.entsoe.eu/api"
Document = Literal["day-ahead-price", "load", "load-forecast"]
_ASKED: dict[Document, dict[str, str]] = {
    "day-ahead-price": {"documentType": "A44", "contract_MarketAgreement.type": "A01"},
    "load": {"documentType": "A65", "processType": "A16"},
    "load-forecast": {"documentType": "A65", "processType": "A01"},
}
# where a second auction is published as a second sequence: there the first is the coupled market's
_TWO_AUCTIONS = ("DE_LU", "AT")
_STEPS = {"PT15M": timedelta(minutes=15), "PT30M": timedelta(minutes=30), "PT60M": timedelta(hours=1)}
_PARSED = {"15min": _STEPS["PT15M"], "30min": _STEPS["PT30M"], "60min": _STEPS["PT60M"]}
_ROOTS = ("Publication_MarketDocument", "GL_MarketDocument")
_NO_DATA = "999"  # the reason code of "No matching data found", and of faults in what was asked


class EntsoeQuestion(Question):
    """A document about an area."""

    area: str
    document: Document = "day-ahead-price"
    sequence: int | None = None
    key_env: Variable = Field(default="ENTSOE_API_KEY", alias="key-env")
    url: Address = SERVICE

    @field_validator("area")
    @classmethod
    def _area_exists(cls, value: str) -> str:
        _area_code(value)
        return value

    def params(self, window: Window) -> dict[str, str]:
        """What is asked for a window, but for the key."""
        code = _area_code(self.area)
        prices = self.document == "day-ahead-price"
        zones = {"in_Domain": code, "out_Domain": code} if prices else {"outBiddingZone_Domain": code}
        sequence = self.sequence or (1 if prices and self.area.upper() in _TWO_AUCTIONS else None)
        if sequence is not None:
            zones["classificationSequence_AttributeInstanceComponent.position"] = str(sequence)
        return (
            _ASKED[self.document]
            | zones
            | {"periodStart": _hour(window.start), "periodEnd": _hour(window.end, up=True)}
        )


class EntsoeSource(WebSource):
    """A series of the Transparency Platform. The unit is the document's, such as EUR/MWh or MW."""

    entsoe: EntsoeQuestion

    def name(self) -> str:
        """The area and the document."""
        return f"entsoe:{self.entsoe.area} {self.entsoe.document}"

    def read(self, sensor: Sensor, window: Window, base: Path) -> Reading:
        """What is published for the window; nothing where nothing is published yet. Raises SourceError."""
        asked = self.entsoe
        key = http.secret(asked.key_env, "the key of ENTSO-E's Transparency Platform")
        near = window.wider(max(timedelta(hours=1), sensor.resolution))
        answer = window.get(asked.url, asked.params(near.asked()) | {"securityToken": key})
        document = _document(answer, asked.key_env)
        if document is None:
            return Reading(no_values())
        unit = self.unit or _unit(document, answer)
        series = _series(document, answer, asked.document)
        # around a change of the market's step both are there: the sensor's own first, then the finest
        steps = sorted(series, key=lambda step: (step != sensor.resolution, step))
        found = [self.to_sensor(series[step].filter(near.holds()), sensor, unit, step) for step in steps]
        return Reading(_first_of_each_step(found))


def _area_code(area: str) -> str:
    from entsoe.mappings import lookup_area

    try:
        return str(lookup_area(area).code)
    except ValueError:
        raise ValueError(
            'is not an area of ENTSO-E, for example "NL", "DE_LU" or "10YNL----------L"'
        ) from None


def _hour(instant: datetime, up: bool = False) -> str:
    whole = instant.replace(minute=0, second=0, microsecond=0)
    return f"{whole + timedelta(hours=1) if up and whole < instant else whole:%Y%m%d%H%M}"


def _document(answer: http.Answer, key_env: str) -> ElementTree.Element | None:
    """The root of a publication, None for "No matching data found". Raises SourceError for anything else."""
    try:
        root = ElementTree.fromstring(answer.body)
    except (ElementTree.ParseError, ValueError, LookupError):  # half a document is none
        if answer.status != 200:
            raise refused(answer, answer.text, key_env) from None
        raise SourceError(
            "content", beginning(answer), "is not a whole XML document", file=answer.place
        ) from None
    kind = _local(root)
    if kind == "Acknowledgement_MarketDocument":
        reason = " ".join(_texts(root, "text"))
        if _NO_DATA in _texts(root, "code") and "no matching data found" in reason.lower():
            return None
        raise refused(answer, reason, key_env)
    if answer.status != 200 or kind not in _ROOTS:
        raise refused(answer, f"{kind} where {' or '.join(_ROOTS)} was expected", key_env)
    return root


def _local(element: ElementTree.Element) -> str:
    return element.tag.rpartition("}")[2]


def _texts(root: ElementTree.Element, name: str) -> list[str]:
    return [(element.text or "").strip() for element in root.iter() if _local(element) == name]


def _unit(root: ElementTree.Element, answer: http.Answer) -> str:
    """The one unit of all series of a document. Raises SourceError."""
    measures = _texts(root, "price_Measure_Unit.name") or _texts(root, "quantity_Measure_Unit.name")
    currencies = _texts(root, "currency_Unit.name")
    known = {"MWH": "MWh", "MAW": "MW", "KWH": "kWh", "KWT": "kW"}
    if len(set(measures)) != 1 or len(set(currencies)) > 1 or measures[0] not in known:
        said = ", ".join(sorted({*currencies, *measures})) or "none"
        raise SourceError("content unit", said, "is not one unit of energy or power", file=answer.place)
    measure = known[measures[0]]
    return f"{currencies[0]}/{measure}" if currencies else measure


def _series(
    root: ElementTree.Element, answer: http.Answer, document: Document
) -> dict[timedelta, pl.DataFrame]:
    """(event_start, value) by resolution, as entsoe-py reads them. Raises SourceError."""
    from entsoe import parsers

    unknown = set(_texts(root, "resolution")) - _STEPS.keys()
    if unknown:
        message = f"is none of {', '.join(_STEPS)}"
        raise SourceError("content resolution", ", ".join(sorted(unknown)), message, file=answer.place)
    body = re.sub(r"^\s*<\?xml[^>]*\?>", "", answer.text)
    try:
        if document == "day-ahead-price":
            parsed = parsers.parse_prices(body)
            return {_PARSED[name]: _frame(series) for name, series in parsed.items() if len(series)}
        [step] = set(_texts(root, "resolution"))  # which the parser does not say
        return {_STEPS[step]: _frame(parsers.parse_loads(body, process_type="A16")["Actual Load"])}
    except Exception as error:  # the parsers raise what pandas and bs4 do when a document has another shape
        message = f"is not as documented: {http.redacted(str(error))[:200]}"
        raise SourceError("content", type(error).__name__, message, file=answer.place) from error


def _frame(series: pd.Series) -> pl.DataFrame:
    times = pl.Series(series.index.tz_convert("UTC").tz_localize(None).to_numpy()).cast(pl.Datetime("us"))
    frame = pl.DataFrame(
        {"event_start": times.dt.replace_time_zone("UTC"), "value": series.to_numpy(dtype=float)}
    )
    # the same value twice is one value in two documents; two values stay, for the checks to find
    return frame.filter(pl.col("value").is_finite()).unique(maintain_order=True).sort("event_start")


def _first_of_each_step(frames: list[pl.DataFrame]) -> pl.DataFrame:
    """For each step the values of the first frame that has any."""
    found = no_values()
    for frame in frames:
        there = frame.drop_nulls("value")
        found = pl.concat([found, there.join(found, on="event_start", how="anti")])
    return found.sort("event_start")
