"""Faults on purpose: each gets a clear word and an exit status, and loses nothing."""

import json
import socket
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.pipeline import Pipeline

SITES = """\
site: home
timezone: Europe/Amsterdam
sensors:
  price:
    {unit: EUR/MWh, resolution: PT1H, kind: price, known: {day-ahead: "13:00"},
     source: {csv: price.csv, column: eur, time-column: time, timezone: UTC}}
  heat:
    {unit: kW, resolution: PT1H, kind: heat, known: {day-ahead: "06:00"},
     source: {csv: heat.csv, column: kw, time-column: time, timezone: UTC}}
flex-context: {consumption-price: {sensor: price}, site-power-capacity: 20 kW}
devices:
  battery:
    flex-model: {soc-at-start: 5 kWh, soc-max: 10 kWh, power-capacity: 5 kW}
  buffer:
    flex-model:
      {soc-at-start: 5 kWh, soc-max: 10 kWh, power-capacity: 5 kW, production-capacity: 0 kW,
       soc-usage: [{sensor: heat}]}
"""
DATES = ("--from", "2025-06-01", "--to", "2025-06-01")


def write_csv(path: Path, column: str) -> None:
    rows = [
        f"2025-{m:02d}-{d:02d}T{h:02d}:00:00Z,{(h * 7) % 11 / 10}"
        for m, d in [(5, d) for d in range(1, 32)] + [(6, d) for d in range(1, 4)]
        for h in range(24)
    ]
    path.write_text(f"time,{column}\n" + "\n".join(rows) + "\n")


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home.yaml").write_text(SITES)
    write_csv(tmp_path / "price.csv", "eur")
    write_csv(tmp_path / "heat.csv", "kw")
    return tmp_path


@pytest.fixture(scope="module")
def pipeline(open_folder: Path) -> Iterator[Pipeline]:
    pipeline = Pipeline(open_folder / "faults")
    yield pipeline
    pipeline.stop()


def statuses(pipeline: Pipeline) -> list[tuple[str, str]]:
    return pipeline.sql("""
        select d.device_id, d.status from flex.current_plan join flex.device_plan as d using (run_id) order by 1
    """)


def test_a_lost_meter_blocks_its_device_and_a_lost_price_feed_the_date_and_both_come_back(
    pipeline: Pipeline, folder: Path
) -> None:
    (folder / "heat.csv").rename(folder / "heat.lost")
    done = pipeline.command("run", "--portfolio", str(folder), *DATES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert statuses(pipeline) == [("home/battery", "optimal"), ("home/buffer", "blocked")]
    assert "heat.csv" in pipeline.sql("select reason from flex.device_plan where status = 'blocked'")[0][0]

    write_csv(folder / "price.csv", "usd")
    done = pipeline.command("run", "--portfolio", str(folder), *DATES)
    assert done.returncode == 1
    assert '"eur" is not a column; there are: time, usd' in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert statuses(pipeline) == [("home/battery", "blocked"), ("home/buffer", "blocked")]

    (folder / "heat.lost").rename(folder / "heat.csv")
    write_csv(folder / "price.csv", "eur")
    done = pipeline.command("run", "--portfolio", str(folder), *DATES)
    assert done.returncode == 0, done.stdout + done.stderr
    assert statuses(pipeline) == [("home/battery", "optimal"), ("home/buffer", "optimal")]


def test_malformed_yaml_is_told_with_its_line(pipeline: Pipeline, folder: Path) -> None:
    (folder / "home.yaml").write_text("site: home\ndevices: [\n")

    done = pipeline.command("run", "--portfolio", str(folder), *DATES)

    assert done.returncode == 2
    assert "home.yaml:3" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_portfolio_is_validated_with_all_its_faults(pipeline: Pipeline, folder: Path) -> None:
    (folder / "home.yaml").write_text(SITES.replace("soc-max: 10 kWh", "soc-max: 10 kW"))

    done = pipeline.command("portfolio", "validate", str(folder))

    assert done.returncode == 2
    assert done.stderr.count('"10 kW"') == 2


def test_a_taken_port_is_told_with_another_to_choose(pipeline: Pipeline) -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]

        done = pipeline.command("ui", "--port", str(port))

    assert done.returncode == 2
    assert f"port {port} on 127.0.0.1 is taken" in done.stderr


def test_a_problem_file_is_solved_or_refused_by_field(pipeline: Pipeline, tmp_path: Path) -> None:
    battery = {"soc-at-start": "0 kWh", "soc-max": "2 kWh", "power-capacity": "1 kW"}
    problem = {
        "start": "2025-06-01T00:00:00+02:00",
        "end": "2025-06-01T02:00:00+02:00",
        "resolution": "PT1H",
        "timezone": "Europe/Amsterdam",
        "flex_context": {
            "consumption-price": [
                {"value": "0.1 EUR/kWh", "start": "2025-06-01T00:00:00+02:00", "duration": "PT1H"},
                {"value": "0.3 EUR/kWh", "start": "2025-06-01T01:00:00+02:00", "duration": "PT1H"},
            ]
        },
        "devices": [{"name": "battery", "type": "storage", "flex_model": battery}],
    }
    path = tmp_path / "problem.json"
    path.write_text(json.dumps(problem))
    done = pipeline.command("solve", str(path))
    assert done.returncode == 0
    answer = json.loads(done.stdout)
    # buys the one kWh that 1 kW can for 0.10 and sells it for 0.30
    assert answer["devices"][0]["power_kw"] == [1.0, -1.0]
    assert answer["costs"]["total"] == pytest.approx(-0.2)

    battery["soc-maxx"] = "3 kWh"
    path.write_text(json.dumps(problem))
    done = pipeline.command("solve", str(path))
    assert done.returncode == 2
    assert "soc-maxx" in done.stderr
    assert "did you mean soc-max" in done.stderr
