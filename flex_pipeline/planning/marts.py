"""Rows of the reports, as pages show them."""

from __future__ import annotations

from typing import Any

from sqlalchemy import Connection as Session
from sqlalchemy import text
from sqlalchemy.exc import ProgrammingError

from flex_pipeline.plots.page import Rows
from flex_pipeline.warehouse.plans import NotStoredError

# what a site, or every site where none is given, costs from one date to another, by component
COMPONENTS = """
    select
        site_id, case commodity when 'electricity' then component else commodity || ': ' || component end as component,
        sum(cost) as cost, sum(baseline_cost) as baseline_cost,
        case when bool_and(realised_cost is not null) then sum(realised_cost) end as realised_cost
    from reports.cost_component_daily
    where date between :first and :last and site_id = coalesce(:site, site_id)
    group by site_id, commodity, component
    order by site_id, commodity <> 'electricity', commodity, component
"""


def read(session: Session, query: str, **given: Any) -> Rows:
    """What a query on the reports finds. NotStoredError where they are not there, or old."""
    try:
        return [dict(row) for row in session.execute(text(query), given).mappings()]
    except ProgrammingError as error:
        reason = str(error.orig).splitlines()[0]
        raise NotStoredError(
            f"the reports are not there, or old: {reason}; make them with flex-pipeline run"
        ) from error
