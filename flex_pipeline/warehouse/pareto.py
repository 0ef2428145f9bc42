"""Points between least money and least CO2, of plans for which they were asked."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from sqlalchemy import Connection as Session
from sqlalchemy import text


def replace_points(session: Session, run_id: int, points: Sequence[Mapping[str, Any]]) -> None:
    """Store the points of a plan, each with the columns of flex.pareto_point, in the place of earlier ones."""
    session.execute(text("delete from flex.pareto_point where run_id = :run_id"), {"run_id": run_id})
    if points:
        session.execute(
            text("""
                insert into flex.pareto_point
                values (:run_id, :point, :cost, :emissions_kg, :marginal_price, :status, :bound, :gap)
            """),
            [{"run_id": run_id, "point": i, **point} for i, point in enumerate(points, start=1)],
        )
