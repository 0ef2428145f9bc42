"""What came of planned days: measured prices, flows and stocks, and what else might have been done."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass, field
from datetime import date

import polars as pl
from sqlalchemy import Connection as Session
from sqlalchemy import text

from flex_pipeline.warehouse.database import copy_frame
from flex_pipeline.warehouse.day_costs import COLUMNS as DAY_COST_COLUMNS

SITE_COLUMNS = (
    "site_id, commodity, date, event_start, event_end, consumption_price, production_price, "
    "inflexible_consumption_kw, inflexible_production_kw, consumption_emissions, production_emissions"
)
DEVICE_COLUMNS = "device_id, date, event_start, event_end, power_kw, soc_kwh"
BAND_COLUMNS = (
    "run_id, event_start, inflexible_consumption_low_kw, inflexible_consumption_high_kw, "
    "inflexible_production_low_kw, inflexible_production_high_kw"
)
ALTERNATIVE_COLUMNS = "run_id, name, device_id, event_start, event_end, power_kw, soc_kwh"


@dataclass(frozen=True)
class Outcome:
    """What came of one planned site-day: the rows of each table. Empty frames store nothing."""

    site: pl.DataFrame
    devices: pl.DataFrame
    bands: pl.DataFrame = field(default_factory=pl.DataFrame)
    alternatives: pl.DataFrame = field(default_factory=pl.DataFrame)
    costs: pl.DataFrame = field(default_factory=pl.DataFrame)


def replace_outcomes(
    session: Session, day: date, site_ids: Collection[str], run_ids: Collection[int], found: Sequence[Outcome]
) -> None:
    """Store what came of a day of some sites in the place of what was stored before, in one transaction.

    `run_ids`: the plans in force, whose bands, alternatives and costs are written anew.
    """
    given = {"sites": list(site_ids), "date": day, "runs": list(run_ids)}
    for statement in (
        "delete from flex.site_outcome where date = :date and site_id = any(:sites)",
        "delete from flex.device_outcome where date = :date and split_part(device_id, '/', 1) = any(:sites)",
        "delete from flex.forecast_band where run_id = any(:runs)",
        "delete from flex.alternative where run_id = any(:runs)",
        "delete from flex.day_cost where run_id = any(:runs)",
    ):
        session.execute(text(statement), given)
    for table, columns, frames in (
        ("flex.site_outcome", SITE_COLUMNS, [outcome.site for outcome in found]),
        ("flex.device_outcome", DEVICE_COLUMNS, [outcome.devices for outcome in found]),
        ("flex.forecast_band", BAND_COLUMNS, [outcome.bands for outcome in found]),
        ("flex.alternative", ALTERNATIVE_COLUMNS, [outcome.alternatives for outcome in found]),
        ("flex.day_cost", DAY_COST_COLUMNS, [outcome.costs for outcome in found]),
    ):
        if some := [frame.select(columns.split(", ")) for frame in frames if frame.height]:
            rows = pl.concat(some).write_csv(include_header=False).encode()
            copy_frame(session, table, columns, rows)
