"""The JSON Schema of a portfolio's file: what editors go by."""

from pathlib import Path
from typing import Any

import pytest
import yaml
from jsonschema import Draft202012Validator

from flex_pipeline import demo
from flex_pipeline.portfolio.document import Document
from flex_pipeline.portfolio.file_schema import portfolio_schema
from flex_pipeline.sources import source_schema

REPOSITORY = Path(__file__).parents[2]
FILES = [*Path(demo.__file__).parent.glob("*.yaml"), *(REPOSITORY / "tests" / "portfolios").glob("*/*.yaml")]
GOOD = """\
site: home
location: {latitude: 52.4, longitude: 4.9}
sensors:
  price: {unit: EUR/MWh, resolution: PT1H, kind: price, source: {simulated: price, level: 80 EUR/MWh}}
flex-context:
  consumption-price: {sensor: price, plus: 0.1 EUR/kWh}
  inflexible-consumption: [{sensor: load}]
devices:
  battery:
    flex-model: {soc-at-start: 5 kWh, soc-max: 10 kWh, power-capacity: 5 kW}
    flex-context: {soc-minima-breach-price: 5 EUR/kWh}
  washer:
    type: process
    flex-model:
      {power: 2 kW, duration: PT2H, time-restrictions: [{start: "22:00", end: "06:00"}]}
"""


@pytest.fixture(scope="module")
def editor() -> Draft202012Validator:
    schema = portfolio_schema(source_schema())
    Draft202012Validator.check_schema(schema)
    return Draft202012Validator(schema)


def complaints(editor: Draft202012Validator, fields: Any) -> list[str]:
    return [error.json_path for error in editor.iter_errors(fields)]


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_of_a_portfolio_pleases_the_editor(editor: Draft202012Validator, path: Path) -> None:
    assert complaints(editor, Document.read(path).fields) == []


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.name)
def test_a_file_names_the_schema_that_editors_use(path: Path) -> None:
    head, _, name = path.read_text().splitlines()[0].partition("$schema=")

    assert head == "# yaml-language-server: "
    assert (path.parent / name).resolve() == REPOSITORY / "docs" / "schema" / "portfolio.schema.json"


@pytest.mark.parametrize(
    ("right", "wrong", "where"),
    [
        ("site: home", "sight: home", "$"),
        ("site: home\n", "", "$"),
        ("latitude: 52.4", "latitude: 152.4", "$.location.latitude"),
        ("kind: price", "kind: prise", "$.sensors.price.kind"),
        ("unit: EUR/MWh, ", "", "$.sensors.price"),
        ("resolution: PT1H", "resolution: 1H", "$.sensors.price.resolution"),
        ("{simulated: price,", "{simulated: prise,", "$.sensors.price.source"),
        ("kind: price", "kind: price, latitude: 3", "$.sensors.price"),
        ("plus: 0.1 EUR/kWh", "minus: 0.1 EUR/kWh", "$['flex-context']['consumption-price']"),
        ("type: process", "type: machine", "$.devices.washer.type"),
        ("type: process", "type: storage", "$.devices.washer['flex-model']"),
        ("soc-max: 10 kWh", "soc-maximum: 10 kWh", "$.devices.battery['flex-model']"),
        ("duration: PT2H, ", "", "$.devices.washer['flex-model']"),
        (
            "duration: PT2H, ",
            "load-profile: [{power: 1 kW, duration: PT1H}], ",
            "$.devices.washer['flex-model']",
        ),
        ("soc-minima-breach-price", "site-power-capacity", "$.devices.battery['flex-context']"),
    ],
)
def test_a_broken_file_is_marked_at_the_fault(
    editor: Draft202012Validator, right: str, wrong: str, where: str
) -> None:
    assert GOOD.count(right) == 1
    assert complaints(editor, yaml.safe_load(GOOD)) == []
    assert where in complaints(editor, yaml.safe_load(GOOD.replace(right, wrong)))


def test_a_former_spelling_is_deprecated_and_not_wrong(editor: Draft202012Validator) -> None:
    former = yaml.safe_load(GOOD.replace("soc-max: 10 kWh", "max_soc_in_mwh: 0.01, soc_gain: 1 kW"))

    assert complaints(editor, former) == []
    storage = editor.schema["$defs"]["storage"]["properties"]
    assert [name for name in ("max_soc_in_mwh", "soc_gain", "soc-max") if "deprecated" in storage[name]] == [
        "max_soc_in_mwh",
        "soc_gain",
    ]
