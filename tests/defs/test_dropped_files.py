"""The sensor that takes in dropped files, tick by tick, without a server."""

import os
from datetime import UTC, datetime
from pathlib import Path

import dagster as dg
import pytest

from flex_pipeline.definitions import build_defs
from flex_pipeline.defs.dropped_files import dropped_files
from flex_pipeline.defs.partitions import RANGE_END_TAG, RANGE_START_TAG
from flex_pipeline.defs.resources import PipelineResource, WarehouseResource
from flex_pipeline.warehouse.as_of import read_as_of
from flex_pipeline.warehouse.connection import Connection
from flex_pipeline.warehouse.portfolios import store_portfolio

SITE = """\
site: home
timezone: Europe/Amsterdam
sensors:
  home.load: {unit: kW, resolution: PT1H, kind: load, source: {dropped-folder: {path: inbox}, column: kw}}
flex-context: {inflexible-consumption: [{sensor: home.load}], consumption-price: 0.2 EUR/kWh}
devices:
  battery: {flex-model: {soc-at-start: 1 kWh, soc-max: 10 kWh, power-capacity: 5 kW}}
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "home.yaml").write_text(SITE)
    (tmp_path / "inbox").mkdir()
    return tmp_path


def drop(folder: Path, name: str, *rows: str) -> None:
    file = folder / "inbox" / name
    file.write_text("\n".join(("timestamp,kw", *rows)) + "\n")
    os.utime(file, (0, 0))  # written long ago


def resource(folder: Path) -> PipelineResource:
    return PipelineResource(warehouse=WarehouseResource(), folder=str(folder))


def tick(folder: Path, cursor: str | None) -> dg.SensorResult:
    pipeline = resource(folder)
    with dg.build_sensor_context(cursor=cursor, resources={"pipeline": pipeline}) as context:
        result = dropped_files(context)
    assert isinstance(result, dg.SensorResult)
    return result


def spans(result: dg.SensorResult) -> list[tuple[str, str]]:
    requests = result.run_requests or []
    return [(request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]) for request in requests]


def test_the_local_days_that_a_file_is_about_are_read_again_once(folder: Path) -> None:
    # 23:30 UTC is half past midnight in Amsterdam
    drop(folder, "a.csv", "2026-01-10T23:00Z,1", "2026-01-12T10:00Z,2")

    first = tick(folder, None)
    again = tick(folder, first.cursor)

    assert spans(first) == [("2026-01-11", "2026-01-12")]
    [request] = first.run_requests or []
    assert [key.to_user_string() for key in request.asset_selection or []] == [
        "sensor_readings",
        "data_quality",
        "repaired_readings",
    ]
    assert (spans(again), again.cursor) == ([], first.cursor)


def test_a_run_that_was_never_asked_for_because_the_process_died_is_asked_for_next(folder: Path) -> None:
    drop(folder, "a.csv", "2026-01-10T12:00Z,1")
    lost = tick(folder, None)  # its cursor was not kept

    assert [request.run_key for request in tick(folder, None).run_requests or []] == [
        request.run_key for request in lost.run_requests or []
    ]


def test_many_files_of_neighbouring_days_are_one_run(folder: Path) -> None:
    for day in (3, 1, 2, 7):
        drop(folder, f"{day}.csv", f"2026-01-0{day}T12:00Z,1")

    assert spans(tick(folder, None)) == [("2026-01-01", "2026-01-03"), ("2026-01-07", "2026-01-07")]


def test_days_before_the_first_partition_and_after_the_last_are_left_out(folder: Path) -> None:
    drop(folder, "long.csv", "1999-01-01T12:00Z,1", "2024-01-02T12:00Z,1")
    drop(folder, "far.csv", "2999-01-01T12:00Z,1")

    assert spans(tick(folder, None)) == [("2024-01-01", "2024-01-02")]


def test_a_faulty_file_is_told_on_its_feed_and_starts_no_run(folder: Path) -> None:
    drop(folder, "bad.csv", "2026-01-10T12:00Z,much")

    result = tick(folder, None)

    [event] = result.asset_events
    assert isinstance(event, dg.AssetObservation)
    assert event.asset_key == dg.AssetKey("sensor_readings")
    assert '"much" is not a number' in str(event.metadata["reason"].value)
    assert (spans(result), result.cursor) == ([], None)


def test_dagster_takes_what_a_tick_asks_for(folder: Path) -> None:
    drop(folder, "a.csv", "2026-01-10T12:00Z,1")
    drop(folder, "bad.csv", "2026-01-10T12:00Z,much")
    definitions = build_defs(pipeline=resource(folder))
    repository = definitions.get_repository_def()

    with dg.build_sensor_context(
        repository_def=repository, resources={"pipeline": resource(folder)}, sensor_name="dropped_files"
    ) as context:
        done = definitions.resolve_sensor_def("dropped_files").evaluate_tick(context)

    assert [request.tags[RANGE_START_TAG] for request in done.run_requests or []] == ["2026-01-10"]
    assert [event.asset_key for event in done.asset_events] == [dg.AssetKey("sensor_readings")]


def test_nothing_dropped_is_nothing_to_do(folder: Path) -> None:
    assert spans(tick(folder, datetime(2026, 1, 1, tzinfo=UTC).isoformat())) == []


def test_the_run_that_is_asked_for_reads_and_judges_the_days(
    folder: Path, database: Connection, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("FLEX_DATABASE_URL", database.warehouse.url())
    pipeline = resource(folder)
    with pipeline.warehouse.engine.begin() as session:
        store_portfolio(session, pipeline.portfolio)
    drop(folder, "a.csv", *(f"2026-01-{9 + h // 24:02d}T{h % 24:02d}:00Z,{h}" for h in range(23, 71)))
    [request] = tick(folder, None).run_requests or []

    job = build_defs(pipeline=pipeline, warehouse=pipeline.warehouse).resolve_job_def("read_again")
    with dg.DagsterInstance.ephemeral() as instance:
        run = job.execute_in_process(
            instance=instance, tags=request.tags, asset_selection=list(request.asset_selection or [])
        )
        materialized = instance.get_materialized_partitions(dg.AssetKey("sensor_readings"))

    assert run.success
    assert materialized == {"2026-01-10", "2026-01-11"}
    with pipeline.warehouse.engine.connect() as session:
        start, end = (datetime(2026, 1, day, 23, tzinfo=UTC) for day in (9, 11))
        stored = read_as_of(session, ["home.load"], start, end, datetime(2026, 1, 13, tzinfo=UTC))
    assert stored["value"].to_list() == [float(h) for h in range(23, 71)]
