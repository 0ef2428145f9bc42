"""What a plan says of its inputs."""

from datetime import UTC, datetime, timedelta
from pathlib import Path

import polars as pl

from flex_pipeline.planning.horizon import Horizon
from flex_pipeline.planning.known import Known
from flex_pipeline.planning.site_day import stand_ins
from flex_pipeline.portfolio.portfolio import Portfolio, Settings
from flex_pipeline.quality.blocked import Blocked

MIDNIGHT = datetime(2026, 3, 23, tzinfo=UTC)
HOUR = timedelta(hours=1)
SEEN = Horizon(MIDNIGHT - 12 * HOUR, MIDNIGHT, MIDNIGHT + 4 * HOUR, MIDNIGHT + 8 * HOUR)


def test_what_was_repaired_or_forecast_of_a_day_is_told_with_the_rule_and_the_model() -> None:
    types = ["reading", "reading", "repair", "forecaster", "forecaster", "forecaster"]
    sources = ["meter", "meter", "hold", "naive", "naive", "naive"]
    beliefs = pl.DataFrame(
        {
            "event_start": [
                MIDNIGHT + i * HOUR for i in range(-1, 5)
            ],  # an hour before the day, and one after
            "value": 1.0,
            "source_type": types,
            "source": sources,
        }
    )
    known = Known(Portfolio(Path(), Settings(), (), {}), Blocked(False, "", {}), {}, {"load": beliefs})

    assert list(stand_ins(known, ["load"], SEEN)) == [
        "load: 1 of 4 steps repaired by hold",
        "load: 2 of 4 steps forecast by naive",
    ]


def test_a_day_that_was_read_needs_no_word() -> None:
    beliefs = pl.DataFrame(
        {"event_start": [MIDNIGHT], "value": 1.0, "source_type": "reading", "source": "meter"}
    )
    known = Known(Portfolio(Path(), Settings(), (), {}), Blocked(False, "", {}), {}, {"load": beliefs})
    assert list(stand_ins(known, ["load"], SEEN)) == []
