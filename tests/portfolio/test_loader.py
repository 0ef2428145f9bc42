"""A portfolio is read as a whole; everything wrong with it is told at once, with file and line."""

from pathlib import Path

import pytest

from flex_pipeline import demo
from flex_pipeline.portfolio.loader import PortfolioError, load_portfolio
from flex_pipeline.scheduling.plugins import load as load_plugins
from flex_pipeline.sources import check_source

GOOD = """\
site: home
timezone: Europe/Amsterdam
location: {latitude: 52.4, longitude: 4.9}
sensors:
  price: {unit: EUR/MWh, resolution: PT1H, kind: price, source: {simulated: price, level: 80 EUR/MWh}}
flex-context:
  consumption-price: {sensor: price}
  site-power-capacity: 10 kW
devices:
  battery:
    type: storage
    flex-model:
      soc-at-start: 5 kWh
      soc-max: 10 kWh
      power-capacity: 5 kW
"""


def write(folder: Path, text: str, name: str = "home.yaml") -> Path:
    (folder / name).write_text(text, encoding="utf-8")
    return folder


def faults(folder: Path) -> str:
    with pytest.raises(PortfolioError) as caught:
        load_portfolio(folder, check_source, load_plugins)
    return str(caught.value)


def test_a_good_portfolio_is_read(tmp_path: Path) -> None:
    portfolio = load_portfolio(write(tmp_path, GOOD), check_source, load_plugins)

    (device,) = portfolio.devices
    assert device.device_id == "home/battery"
    assert portfolio.sensors_of_devices() == {"home/battery": {"price"}}


def test_the_demo_is_read() -> None:
    portfolio = load_portfolio(Path(demo.__file__).parent, check_source, load_plugins)

    assert [site.site_id for site in portfolio.sites] == ["home-01", "office-01", "workshop-01"]
    assert portfolio.shared_sensors == {"nl.day-ahead"}


@pytest.mark.parametrize(
    ("right", "wrong", "expected"),
    [
        (
            "soc-max: 10 kWh",
            "soc-max: 10 kW",
            ["home.yaml:14", "devices.battery.flex-model.soc-max", '"10 kW"'],
        ),
        ("soc-max: 10 kWh", "soc-maxx: 10 kWh", ["home.yaml:14", "soc-maxx", "did you mean soc-max"]),
        (
            "{sensor: price}",
            "{sensor: prise}",
            ["home.yaml:7", "flex-context.consumption-price", "prise", "price"],
        ),
        ("type: storage", "type: storrage", ["home.yaml:11", "devices.battery.type", "storage or process"]),
        ("Europe/Amsterdam", "Europe/Amsterdm", ["home.yaml:2", "timezone", "Europe/Amsterdm"]),
        ("resolution: PT1H", "resolution: PT7M", ["home.yaml:5", "sensors.price.resolution", "whole number"]),
        ("simulated: price", "simulated: prices", ["home.yaml:5", "source.simulated", "prices", "cannot be"]),
        ("latitude: 52.4", "latitude: 152.4", ["home.yaml:3", "location.latitude", "152.4", "-90 to 90"]),
        ("devices:", "device:", ["home.yaml:9", "device", "did you mean devices"]),
        ("site: home\n", "", ["home.yaml:1", "site", "is missing"]),
    ],
)
def test_a_fault_is_named_with_file_line_field_and_value(
    tmp_path: Path, right: str, wrong: str, expected: list[str]
) -> None:
    assert GOOD.count(right) == 1
    message = faults(write(tmp_path, GOOD.replace(right, wrong)))

    for part in expected:
        assert part in message


def test_all_faults_are_told_at_once(tmp_path: Path) -> None:
    bad = GOOD.replace("soc-max: 10 kWh", "soc-max: 10 kW").replace("{sensor: price}", "{sensor: prise}")
    write(tmp_path, bad)
    write(tmp_path, "site: other\ntimezone: Mars/Olympus\n", "other.yaml")

    message = faults(tmp_path)

    assert "soc-max" in message
    assert "prise" in message
    assert "other.yaml:2" in message


BROKEN = {
    "a-not-yaml.yaml": "site: a\n\tbad: tab\n",
    "b-settings.yaml": "settings:\n  planning-time: 25:00\n  flex-context: {site-power-capacity: 5 kWh}\n",
    "c-no-site.yaml": """\
devices: {}
sensors:
  lost: {unit: kW, resolution: PT7M, kind: load, source: {simulated: nonsense}}
""",
    "d-home.yaml": """\
site: home
timezone: Mars/Olympus
location: {latitude: 152.4, longitude: 4.9}
sensors:
  price: {unit: EUR/MWh, resolution: PT1H, kind: prise, source: {simulated: price}}
  load: {unit: kW, resolution: PT1H, kind: load, capacity: 5 kWh, source: {csv: a.csv}}
flex-context:
  consumption-price: {sensor: price}
  production-price: {sensor: nowhere}
devices:
  battery: {flex-model: {soc-max: 10 kW, power-capacity: 5 kW, soc-mni: 1 kWh}}
  washer: {type: machine, flex-model: {}}
  heater: {type: process, flex-model: {power: 2 kW}, flex-context: {consumption-price: 1 EUR/kWh}}
""",
    "e-home.yaml": "site: home\nflex-context: 5\ndevices: {pump: 3}\n",
}
FOUND = """\
a-not-yaml.yaml:2
b-settings.yaml:2  settings.planning-time
b-settings.yaml:3  settings.flex-context.site-power-capacity
c-no-site.yaml:1  site
c-no-site.yaml:3  sensors.lost.resolution
c-no-site.yaml:3  sensors.lost.source.simulated
d-home.yaml:2  timezone
d-home.yaml:3  location.latitude
d-home.yaml:5  sensors.price.kind
d-home.yaml:6  sensors.load.capacity
d-home.yaml:6  sensors.load.source.column
d-home.yaml:9  flex-context.production-price
d-home.yaml:11  devices.battery.flex-model.soc-max
d-home.yaml:11  devices.battery.flex-model.soc-mni
d-home.yaml:12  devices.washer.type
d-home.yaml:13  devices.heater.flex-context.consumption-price
d-home.yaml:13  devices.heater.flex-model.duration
e-home.yaml:1  site
e-home.yaml:2  flex-context
e-home.yaml:3  devices.pump
"""


def test_a_folder_that_is_broken_in_twenty_ways_is_told_of_each_once(tmp_path: Path) -> None:
    for name, text in BROKEN.items():
        write(tmp_path, text, name)

    with pytest.raises(PortfolioError) as caught:
        load_portfolio(tmp_path, check_source, load_plugins)

    heads = [fault.removeprefix(f"{tmp_path}/").splitlines()[0] for fault in caught.value.faults]
    assert sorted(heads) == sorted(FOUND.splitlines())


@pytest.mark.parametrize(
    "source",
    [
        "{entsoe: {area: NL, key: hunter2-hunter2}}",
        "{entsoe: {area: NL}, api-key: hunter2-hunter2}",
        "{sql: {url: 'postgresql://me:hunter2-hunter2@db/meters', query: 'select 1'}, column: eur}",
        "{csv: 'https://example.org/prices.csv?token=hunter2-hunter2', column: eur}",
        "{csv: 's3://me:hunter2-hunter2@bucket/prices.csv', column: eur}",
    ],
)
def test_a_secret_in_a_source_is_refused_with_advice_and_never_shown(tmp_path: Path, source: str) -> None:
    message = faults(write(tmp_path, GOOD.replace("{simulated: price, level: 80 EUR/MWh}", source)))

    assert "home.yaml:5  sensors.price.source" in message
    assert "name an environment variable instead" in message
    assert "hunter2" not in message


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        (
            "{entsoe: {area: Mars}}",
            ["source.entsoe.area", '"Mars" is not an area of ENTSO-E, for example "NL"'],
        ),
        ("{entsoe: {}}", ["source.entsoe.area", "required; this source takes: area, document"]),
        ("{open-meteo: {variable: temperature_2m}, unit: degC}", ['"degC" cannot be turned into "EUR/MWh"']),
        (
            "{flexmeasures: {url: flex.example.org, sensor: 3}}",
            ["source.flexmeasures.url", "is not an address"],
        ),
        ("{sql: {url-env: METERS, query: delete from meter}, column: a}", ["source.sql.query", "must read"]),
        ("{sql: {url-env: METERS, query: select 1}, column: a}", ["must use :start and :end"]),
        (
            "{sql: {url-env: 'postgresql://db', query: select 1}, column: a}",
            ["name of an environment variable"],
        ),
        (
            "{dropped-folder: {path: inbox, files: '*.xlsx'}, column: a}",
            ["source.dropped-folder.files", "*.parquet"],
        ),
    ],
)
def test_a_source_that_cannot_be_is_told_before_anything_is_read(
    tmp_path: Path, source: str, expected: list[str]
) -> None:
    message = faults(write(tmp_path, GOOD.replace("{simulated: price, level: 80 EUR/MWh}", source)))

    for part in ["home.yaml:5  sensors.price.source", *expected]:
        assert part in message


def test_a_key_in_the_place_of_its_variable_is_refused_and_never_shown(tmp_path: Path) -> None:
    source = "{entsoe: {area: NL, key-env: 5ecret00aaaabbbb}}"
    message = faults(write(tmp_path, GOOD.replace("{simulated: price, level: 80 EUR/MWh}", source)))

    assert "source.entsoe.key-env" in message
    assert 'is not the name of an environment variable, for example "ENTSOE_API_KEY"' in message
    assert "5ecret" not in message


def test_weather_without_a_place_is_told(tmp_path: Path) -> None:
    source = "{open-meteo: {variable: temperature_2m}}"
    nowhere = GOOD.replace("location: {latitude: 52.4, longitude: 4.9}\n", "")
    message = faults(write(tmp_path, nowhere.replace("{simulated: price, level: 80 EUR/MWh}", source)))

    assert "sensors.price.source.open-meteo.latitude" in message
    assert "or as the site's location" in message


def test_what_is_not_yaml_is_told_with_its_line(tmp_path: Path) -> None:
    assert "home.yaml:2" in faults(write(tmp_path, "site: home\n\tbad: tab\n"))


def test_a_field_that_stands_twice_is_refused(tmp_path: Path) -> None:
    assert "home.yaml:2\n  site stands there a second time" in faults(write(tmp_path, "site: a\nsite: b\n"))


def test_a_time_without_quotes_stays_a_time(tmp_path: Path) -> None:
    # YAML 1.1 would read 13:15 as the number 795
    write(tmp_path, "settings: {planning-time: 13:15}\n", "portfolio.yaml")

    portfolio = load_portfolio(write(tmp_path, GOOD), check_source, load_plugins)

    assert portfolio.settings.planning_time.isoformat() == "13:15:00"


def test_a_panel_without_a_place_is_refused(tmp_path: Path) -> None:
    pv = "sensors:\n  pv: {unit: kW, resolution: PT1H, kind: pv, source: {simulated: pv, peak: 5 kW}}\n"
    bad = GOOD.replace("location: {latitude: 52.4, longitude: 4.9}\n", "").replace("sensors:\n", pv)

    assert "needs a location" in faults(write(tmp_path, bad))


def test_a_folder_that_is_not_there_is_told(tmp_path: Path) -> None:
    assert "is not a folder" in faults(tmp_path / "nowhere")


def test_the_same_content_has_the_same_hash_wherever_it_lies(tmp_path: Path) -> None:
    (tmp_path / "a").mkdir()
    (tmp_path / "b").mkdir()
    one = load_portfolio(write(tmp_path / "a", GOOD), check_source, load_plugins)
    other = load_portfolio(write(tmp_path / "b", "# a comment\n" + GOOD), check_source, load_plugins)
    edited = load_portfolio(
        write(tmp_path / "b", GOOD.replace("10 kWh", "11 kWh")), check_source, load_plugins
    )

    assert one.content_hash() == other.content_hash() != edited.content_hash()


def test_a_process_waits_for_processes_of_its_site_only(tmp_path: Path) -> None:
    dryer = """\
  dryer:
    type: process
    flex-model: {power: 2 kW, duration: PT1H, after: [battery]}
"""
    told = faults(write(tmp_path, GOOD + dryer))

    assert "devices.dryer.flex-model.after" in told
    assert "is not another process of this site" in told


def test_a_window_of_a_day_ends_after_it_starts_if_need_be_on_the_next(tmp_path: Path) -> None:
    oven = """\
  oven:
    type: process
    flex-model: {power: 2 kW, duration: PT1H, earliest-start: "18:00", latest-end: "07:00"}
"""
    load_portfolio(write(tmp_path, GOOD + oven), check_source, load_plugins)

    oven = oven.replace("07:00", "18:00")
    told = faults(write(tmp_path, GOOD + oven))

    assert "devices.oven.flex-model.latest-end" in told
    assert "is not after earliest-start, 18:00" in told
