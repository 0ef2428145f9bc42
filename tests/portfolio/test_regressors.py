"""Regressors and quantiles: what a portfolio may say, and what is told where it cannot be."""

from pathlib import Path

import pytest

from flex_pipeline.planning import configuration
from flex_pipeline.portfolio.loader import PortfolioError
from tests.planning.homes import HOME, SETTINGS


def load(folder: Path, fields: str, settings: str = SETTINGS) -> None:
    (folder / "portfolio.yaml").write_text(settings)
    for name in ("a", "b"):
        site = HOME % {"site": name, "soc_kwh": 1}
        (folder / f"{name}.yaml").write_text(
            site.replace("kind: load,", f"kind: load, {fields},") if name == "a" else site
        )
    configuration.load(folder)


def test_shared_sensors_and_those_of_the_site_may_be_regressors(tmp_path: Path) -> None:
    load(tmp_path, "regressors: {past: [price], future: [price]}")


@pytest.mark.parametrize(
    ("regressors", "expected"),
    [
        ("{future: [wind]}", '"wind" is not a sensor of this portfolio; known: a.load, b.load, price'),
        ("{past: [a.load]}", '"a.load" is the sensor itself, whose own past every forecast reads anyway'),
        (
            "{past: [b.load]}",
            '"b.load" belongs to b: a forecast reads shared sensors and those of its own site',
        ),
    ],
)
def test_others_are_refused_with_file_and_line(tmp_path: Path, regressors: str, expected: str) -> None:
    with pytest.raises(PortfolioError) as error:
        load(tmp_path, f"regressors: {regressors}")

    (fault,) = error.value.faults
    assert fault.splitlines()[0].split("  ")[1].startswith("sensors.a.load.regressors.")
    assert fault.splitlines()[0].startswith(f"{tmp_path / 'a.yaml'}:")
    assert fault.splitlines()[1].strip() == expected


@pytest.mark.parametrize("quantiles", ["[0.1, 0.9]", "[0.5, 0.1]", "[0, 0.5]", "[0.5, 0.5]"])
def test_quantiles_rise_and_hold_the_median(tmp_path: Path, quantiles: str) -> None:
    settings = SETTINGS.replace("{planning-time", f"{{quantiles: {quantiles}, planning-time")
    with pytest.raises(PortfolioError, match=r"must rise between 0 and 1 and hold 0\.5"):
        load(tmp_path, "capacity: 5 kW", settings)
