from datetime import date

from flex_pipeline.quality.blocked import Blocked, blocked
from flex_pipeline.quality.verdict import Severity, Verdict

READ_BY = {"home/battery": {"home.load", "nl.prices"}, "office/ev": {"office.load", "nl.prices"}}
SHARED = {"nl.prices"}


def verdict(
    sensor: str, *, passed: bool = False, severity: Severity = "error", observed: str = "bad"
) -> Verdict:
    return Verdict(sensor, date(2026, 3, 23), "completeness", passed, severity, observed, ())


def test_a_fault_of_one_sensor_blocks_only_the_devices_that_depend_on_it() -> None:
    found = blocked([verdict("home.load", observed="3 of 96 steps missing")], READ_BY, SHARED)
    assert found == Blocked(False, "", {"home/battery": "home.load: 3 of 96 steps missing"})


def test_a_fault_of_a_shared_feed_blocks_the_date() -> None:
    found = blocked([verdict("nl.prices")], READ_BY, SHARED)
    assert found == Blocked(True, "nl.prices: bad", {})


def test_warnings_and_passed_rules_block_nothing() -> None:
    found = blocked(
        [verdict("home.load", severity="warning"), verdict("nl.prices", passed=True)], READ_BY, SHARED
    )
    assert found == Blocked(False, "", {})


def test_all_reasons_of_a_device_are_told() -> None:
    both = [verdict("home.load", observed="gap"), verdict("home.load", observed="below the minimum")]
    assert blocked(both, READ_BY, SHARED).devices == {
        "home/battery": "home.load: gap; home.load: below the minimum"
    }
