"""What less CO2 would have cost on a planned day: points between least money and least CO2, stored with its plan."""

from __future__ import annotations

from datetime import date

from sqlalchemy import Engine

from flex_pipeline.scheduling import read_problem
from flex_pipeline.scheduling.pareto import ParetoTable, pareto
from flex_pipeline.warehouse.pareto import replace_points
from flex_pipeline.warehouse.plans import NotStoredError, read_run


def pareto_of_plan(engine: Engine, site_id: str, day: date, points: int) -> ParetoTable:
    """Solve the problem of the plan in force of a site-day once for each point, and store what came of it.

    The points are those of the horizon of the plan, look-ahead included. NotStoredError where there is no plan, or
    nothing was planned; ValueError where nothing is said of the CO2 of a kWh.
    """
    with engine.connect() as session:
        run = read_run(session, site_id, day)
    if run is None or run.problem.get("problem") is None:
        raise NotStoredError(
            f"there is no plan of {site_id} for {day} with a problem to solve; make it with flex-pipeline backfill"
        )
    table = pareto(read_problem(run.problem["problem"]), points)
    rows = [
        {
            "cost": point.money,
            "emissions_kg": point.kg,
            "marginal_price": point.marginal_price,
            "status": point.schedule.status,
            "bound": point.schedule.certificate.bound,
            "gap": point.schedule.certificate.gap,
        }
        for point in table.points
    ]
    with engine.begin() as session:
        replace_points(session, run.run_id, rows)
    return table
