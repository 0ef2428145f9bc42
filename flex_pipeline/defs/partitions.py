"""How the pipeline is cut: by local date, and for plans also by device."""

from __future__ import annotations

import os
from collections.abc import Collection, Iterator, Sequence
from datetime import date
from itertools import groupby

import dagster as dg

PARTITION_TAG = "dagster/partition"
RANGE_START_TAG = "dagster/asset_partition_range_start"
RANGE_END_TAG = "dagster/asset_partition_range_end"

# Dagster is at ease up to 100,000 keys an asset: 250 devices and a year, or 100 devices and three.
FIRST_DATE = os.environ.get("FLEX_FIRST_DATE", "2024-01-01")

# Two days beyond today: tomorrow is planned today, and is a partition from local midnight on.
dates = dg.DailyPartitionsDefinition(start_date=FIRST_DATE, timezone="Europe/Amsterdam", end_offset=2)

# A week of dates, Tuesday to Monday, named by its first: they are forecast by models of the Monday before. The next
# week begins tomorrow at the earliest.
weeks = dg.WeeklyPartitionsDefinition(
    start_date=FIRST_DATE, timezone="Europe/Amsterdam", day_offset=2, end_offset=2
)

# Device ids such as home-01/battery, synced from the portfolio.
DEVICES = "device"
devices = dg.DynamicPartitionsDefinition(name=DEVICES)

device_days = dg.MultiPartitionsDefinition({"date": dates, "device": devices})


def between(first: str, last: str) -> dict[str, str]:
    """The tags of one run over a range of partition keys."""
    return {RANGE_START_TAG: first, RANGE_END_TAG: last}


def devices_on(
    day: str, known: Sequence[str], wanted: Collection[str], last: str | None = None
) -> Iterator[dict[str, str]]:
    """The tags of runs that together cover some devices on a day, or from it to the `last`.

    `known` are all devices, in the order of the instance.

    A range of keys holds all that lies between its ends. So a device that left the portfolio, whose partitions
    stay, divides one run into two.
    """
    for is_wanted, stretch in groupby(known, key=lambda device: device in wanted):
        if is_wanted:
            devices = list(stretch)
            corners = (day, devices[0]), (last or day, devices[-1])
            begin, end = (key_of(date.fromisoformat(day), device) for day, device in corners)
            yield between(begin, end)


def key_of(day: date, device_id: str) -> str:
    """The key of `device_days` of a device on a day."""
    return str(dg.MultiPartitionKey({"date": day.isoformat(), "device": device_id}))


def date_of(key: str) -> str:
    """The date in a key of `device_days`."""
    return device_days.get_partition_key_from_str(key).keys_by_dimension["date"]


def day_and_site(key: str) -> tuple[date, str]:
    """The date of a key of `device_days`, and the site of its device."""
    dimensions = device_days.get_partition_key_from_str(key).keys_by_dimension
    return date.fromisoformat(dimensions["date"]), dimensions["device"].split("/")[0]
