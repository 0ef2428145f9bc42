"""A flex-context is inherited field by field: by sites from the settings, by devices from their site."""

from pathlib import Path

import pytest

from flex_pipeline.planning.configuration import load
from flex_pipeline.portfolio.loader import PortfolioError
from flex_pipeline.portfolio.portfolio import Portfolio

SHARED = """\
settings:
  flex-context:
    consumption-price: {sensor: price}
    relax-constraints: false
    site-power-capacity: 10 kW
sensors:
  price: {unit: EUR/MWh, resolution: PT1H, kind: price, source: {simulated: price, level: 80 EUR/MWh}}
"""
SITE = """\
site: home
flex-context:
  site-power-capacity: 17 kVA
devices:
  battery:
    flex-model: {soc-max: 10 kWh, power-capacity: 5 kW}
"""
OWN = "    flex-context: {soc-minima-breach-price: 2 EUR/kWh, relax-constraints: true}\n"


def portfolio(folder: Path, shared: str = SHARED, site: str = SITE) -> Portfolio:
    (folder / "portfolio.yaml").write_text(shared)
    (folder / "home.yaml").write_text(site)
    return load(folder)


def faults(folder: Path, shared: str = SHARED, site: str = SITE) -> list[str]:
    with pytest.raises(PortfolioError) as caught:
        portfolio(folder, shared, site)
    return [fault.removeprefix(f"{folder}/") for fault in caught.value.faults]


def test_a_site_has_what_the_settings_state_unless_it_states_its_own(tmp_path: Path) -> None:
    assert portfolio(tmp_path).site("home").flex_context == {
        "consumption-price": {"sensor": "price"},
        "relax-constraints": False,
        "site-power-capacity": "17 kVA",
    }


def test_a_site_without_a_flex_context_has_that_of_the_settings(tmp_path: Path) -> None:
    bare = SITE.replace("flex-context:\n  site-power-capacity: 17 kVA\n", "")

    assert portfolio(tmp_path, site=bare).site("home").flex_context["site-power-capacity"] == "10 kW"


def test_who_states_a_price_in_its_former_way_does_not_inherit_the_present_one(tmp_path: Path) -> None:
    former = SITE.replace("site-power-capacity: 17 kVA", "consumption-price-sensor: price")

    context = portfolio(tmp_path, site=former).site("home").flex_context

    assert "consumption-price" not in context
    assert context["consumption-price-sensor"] == {"sensor": "price"}


def test_a_change_of_what_is_inherited_is_another_configuration(tmp_path: Path) -> None:
    before = portfolio(tmp_path).content_hash()

    assert portfolio(tmp_path, SHARED.replace("false", "true")).content_hash() != before
    # 17 kVA of the site stands before it, so that nothing that is planned by changes
    assert portfolio(tmp_path, SHARED.replace("10 kW", "11 kW")).content_hash() == before


def test_a_fault_of_what_is_inherited_is_told_once_and_where_it_stands(tmp_path: Path) -> None:
    assert faults(tmp_path, SHARED.replace("10 kW", "10 kWh")) == [
        'portfolio.yaml:5  settings.flex-context.site-power-capacity\n  "10 kWh" is an energy, not a power; '
        'write for example "45 kW"'
    ]
    (unknown,) = faults(tmp_path, SHARED.replace("{sensor: price}", "{sensor: prise}"))
    assert unknown.startswith("portfolio.yaml:3  settings.flex-context.consumption-price\n")


def test_a_contradiction_with_what_is_inherited_is_told_at_the_site(tmp_path: Path) -> None:
    dollars = SITE.replace("17 kVA", "17 kVA\n  site-peak-consumption-price: 3 USD/kW")

    (fault,) = faults(tmp_path, SHARED.replace("{sensor: price}", "0.3 EUR/kWh"), dollars)

    assert fault.startswith("home.yaml:2  flex-context\n")
    assert "mixes EUR and USD" in fault


def test_a_price_that_nobody_states_is_missed_at_the_site(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, SHARED.replace("    consumption-price: {sensor: price}\n", ""))

    assert fault.startswith("home.yaml:2  flex-context.consumption-price\n  is missing")


def test_a_device_states_what_concerns_it_alone(tmp_path: Path) -> None:
    (battery,) = portfolio(tmp_path, site=SITE + OWN).devices

    assert battery.flex_context == {"soc-minima-breach-price": "2 EUR/kWh", "relax-constraints": True}


def test_a_device_cannot_have_a_connection_of_its_own(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, site=SITE + OWN.replace("soc-minima-breach-price: 2", "consumption-price: 2"))

    assert fault.startswith("home.yaml:7  devices.battery.flex-context.consumption-price\n")
    assert "belongs to the connection: state it for the site" in fault


def test_a_flex_context_without_a_site_is_not_lost_in_silence(tmp_path: Path) -> None:
    (fault,) = faults(tmp_path, SHARED + "flex-context: {relax-constraints: true}\n")

    assert fault.startswith("portfolio.yaml:8  flex-context\n  belongs to a site")


def test_settings_stand_in_one_file(tmp_path: Path) -> None:
    found = faults(tmp_path, site="settings: {currency: EUR}\n" + SITE)

    assert "portfolio.yaml:1  settings\n  stand in another file of the portfolio too" in found
