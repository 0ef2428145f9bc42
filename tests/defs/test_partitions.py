"""Which runs plan which devices."""

import dagster as dg
import pytest

from flex_pipeline.defs import automation, partitions
from flex_pipeline.defs.partitions import PARTITION_TAG, RANGE_END_TAG, RANGE_START_TAG, between, devices_on

DAY = "2025-06-10"


def test_one_run_covers_all_devices() -> None:
    tags = list(devices_on(DAY, ["a/x", "b/x", "c/x"], {"a/x", "b/x", "c/x"}))

    assert tags == [between(f"{DAY}|a/x", f"{DAY}|c/x")]


def test_a_device_that_left_is_in_no_run_and_divides_its_neighbours() -> None:
    tags = list(devices_on(DAY, ["a/x", "gone/x", "b/x", "c/x"], {"a/x", "b/x", "c/x"}))

    assert tags == [between(f"{DAY}|a/x", f"{DAY}|a/x"), between(f"{DAY}|b/x", f"{DAY}|c/x")]


def test_one_run_covers_all_devices_of_many_days() -> None:
    tags = list(devices_on(DAY, ["a/x", "b/x"], {"a/x", "b/x"}, "2025-06-12"))

    assert tags == [between(f"{DAY}|a/x", "2025-06-12|b/x")]


def test_without_a_device_there_is_no_run() -> None:
    assert list(devices_on(DAY, ["gone/x"], set())) == []


@dg.op
def nothing() -> None:
    pass


@dg.job
def done() -> None:
    nothing()


def test_what_is_planned_by_itself_is_what_the_portfolio_has_now(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("FLEX_PORTFOLIO", raising=False)  # the demo
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(partitions.DEVICES, ["home-01/battery", "home-01/gone", "home-01/ev"])
        result = done.execute_in_process(instance=instance, tags={PARTITION_TAG: DAY})
        context = dg.build_run_status_sensor_context(
            "plan_what_was_forecast", result.get_run_success_event(), instance, result.dagster_run
        )

        requests = list(automation.plan_what_was_forecast(context))  # type: ignore[call-overload]

    ends = [(request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]) for request in requests]
    assert ends == [(f"{DAY}|{device}",) * 2 for device in ("home-01/battery", "home-01/ev")]
    assert len({request.run_key for request in requests}) == 2


@pytest.mark.parametrize(
    ("measured", "compared"),
    [
        ("2025-06-10", ["2025-06-09"]),
        ("2025-03-30", []),  # of 23 hours: the look-ahead of the 29th ends an hour after it
        ("2025-03-31", ["2025-03-29", "2025-03-30"]),
    ],
)
def test_what_is_measured_by_itself_is_compared_for_the_days_whose_look_ahead_ends_in_it(
    monkeypatch: pytest.MonkeyPatch, measured: str, compared: list[str]
) -> None:
    monkeypatch.delenv("FLEX_PORTFOLIO", raising=False)  # the demo looks a day ahead
    with dg.DagsterInstance.ephemeral() as instance:
        instance.add_dynamic_partitions(partitions.DEVICES, ["home-01/battery"])
        result = done.execute_in_process(instance=instance, tags={PARTITION_TAG: measured})
        context = dg.build_run_status_sensor_context(
            "compare_what_was_measured", result.get_run_success_event(), instance, result.dagster_run
        )

        requests = list(automation.compare_what_was_measured(context))  # type: ignore[call-overload]

    ends = [(request.tags[RANGE_START_TAG], request.tags[RANGE_END_TAG]) for request in requests]
    assert ends == [
        tuple(f"{day}|home-01/battery" for day in (compared[0], compared[-1])) for _ in compared[:1]
    ]
    assert {request.job_name for request in requests} <= {"hindsight"}
