"""Perfect foresight: the site-days of stored plans once more, with what was measured in the place of forecasts."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime

import numpy as np
from numpy.typing import NDArray
from sqlalchemy import Connection as Session
from sqlalchemy import Engine

from flex_pipeline.planning.horizon import horizon
from flex_pipeline.planning.known import MEASURED, Known, read_beliefs
from flex_pipeline.planning.peaks import peaks_so_far
from flex_pipeline.planning.plan_rows import device_steps
from flex_pipeline.planning.problem import input_hash
from flex_pipeline.planning.recreation import portfolio_of
from flex_pipeline.planning.site_day import SiteDay, with_problem
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.quality.blocked import Blocked
from flex_pipeline.scheduling import ProblemError, read_problem, solve
from flex_pipeline.scheduling.batch import Solvers
from flex_pipeline.scheduling.following import FollowError, follow
from flex_pipeline.warehouse.carried_over import (
    StoredOvernight,
    StoredStock,
    read_overnight,
    read_overnight_of,
)
from flex_pipeline.warehouse.forecast_value import ForecastValue, read_starts, replace_values, valued_inputs
from flex_pipeline.warehouse.plans import NotStoredError, StoredRun, read_device_steps, read_run
from flex_pipeline.warehouse.recording import EVER

Array = NDArray[np.float64]

MISSED = 1e-5  # kW or kWh by which a plan that is followed may miss a hard limit: rounding


@dataclass(frozen=True)
class Lived:
    """A plan, and its site-day as it turned out: from the stock it began with, over the horizon it was made for."""

    run: StoredRun
    site_day: SiteDay
    planned_kw: Mapping[
        str, Array
    ]  # by name of a device, for the steps of the day; of a process until it is done

    @property
    def input_hash(self) -> str:
        """Equal for equal plans and days."""
        planned = {name: power.tolist() for name, power in self.planned_kw.items()}
        return input_hash({"problem": self.site_day.inputs, "planned": planned})

    @property
    def end(self) -> datetime:
        """The end of the horizon that the plan was made for."""
        return _end(self.run, self.site_day.seen.end)

    @property
    def why_not(self) -> str | None:
        """Why it cannot be compared."""
        if not self.planned_kw:
            return "it was not planned"
        if self.site_day.problem is None:
            whys = sorted({why for why in self.site_day.reasons.values() if why})
            return f"not all was measured: {'; '.join(whys)}"
        measured_until = datetime.fromisoformat(self.site_day.problem["end"])
        if measured_until < self.end:
            until, so_far = (f"{end.astimezone(UTC):%Y-%m-%d %H:%M}" for end in (self.end, measured_until))
            return f"it was made for the time until {until} UTC, of which all is measured until {so_far} only"
        return None


@dataclass
class Hindsight:
    """Compares the plans in force of some sites with what would have been best, had all been known."""

    engine: Engine
    solvers: Solvers = field(default_factory=lambda: Solvers(1))
    _portfolios: dict[int, Portfolio] = field(default_factory=dict)

    def compare(self, site_ids: Iterable[str], day: date, now: datetime) -> list[ForecastValue]:
        """Store what forecast errors cost on a day, one row a site, in one transaction; gives what is new.

        What was compared before with the same measurements stays. NotStoredError where a site has no plan.
        """
        with self.engine.connect() as session:
            lived = [self._lived(session, site_id, day, now) for site_id in site_ids]
            before = valued_inputs(session, [each.run.run_id for each in lived])
        new = [each for each in lived if before.get(each.run.run_id) != each.input_hash]
        found = zip(new, self.solvers.map(value_of, new), strict=True)
        values = [v if isinstance(v, ForecastValue) else _without(each, v.reason) for each, v in found]
        with self.engine.begin() as session:
            if values:
                replace_values(session, values, now)
        return values

    def _lived(self, session: Session, site_id: str, day: date, now: datetime) -> Lived:
        run = read_run(session, site_id, day)
        if run is None:
            raise NotStoredError(
                f"there is no plan of {site_id} for {day}; make it with flex-pipeline backfill"
            )
        if run.version_id not in self._portfolios:
            self._portfolios[run.version_id] = portfolio_of(session, run.version_id)
        portfolio = self._portfolios[run.version_id]
        night = read_overnight(session, [site_id], day, run.run_id)
        lived = _as_measured(session, portfolio, site_id, day, run, night, now)
        return Lived(run, lived, _planned_kw(session, site_id, day, run, night))


def value_of(lived: Lived) -> ForecastValue:
    """What the errors of the forecasts of a plan cost: the day as planned against the best day, at what was measured.

    After the day both do what is best until the end of the horizon, so what is in stock at the end of the day is
    worth what it then saves.
    """
    if (why := lived.why_not) is not None or lived.site_day.problem is None:
        return _without(lived, why or "it was not planned")
    try:
        problem = read_problem(lived.site_day.problem)
        followed = follow(problem, lived.planned_kw)
    except (ProblemError, FollowError) as error:
        return _without(lived, str(error))
    perfect = solve(problem)
    seen = lived.site_day.seen
    n = (seen.day_end - seen.start) // problem.grid.resolution
    value = replace(
        _without(lived, ""),
        departed_kwh=followed.departed_kwh,
        followed_energy_cost=followed.energy_cost(n),
        schedule=device_steps(lived.site_day.site.site_id, perfect, n),
    )
    if perfect.status == "infeasible":
        return replace(value, reason=f"no plan keeps every limit: {perfect.diagnosis}")
    if followed.plan.violation > MISSED:
        missed = f"{followed.plan.violation:.3g} kW or kWh"
        return replace(value, reason=f"as planned, a limit would have been missed by {missed}")
    return replace(value, reason=None, planned_cost=followed.cost, perfect_cost=perfect.costs.total)


def _without(lived: Lived, reason: str) -> ForecastValue:
    site_day = lived.site_day
    return ForecastValue(
        lived.run.run_id, site_day.site.site_id, site_day.day, lived.input_hash, lived.end, reason
    )


def _planned_kw(
    session: Session, site_id: str, day: date, run: StoredRun, night: Mapping[str, StoredOvernight]
) -> dict[str, Array]:
    """What a plan has each device draw, by its name: without what the day before left, with what it leaves."""
    later = read_overnight_of(session, run.run_id)
    nothing = StoredOvernight((), ())
    planned = {}
    for (device_id,), part in (
        read_device_steps(session, site_id, day).partition_by("device_id", as_dict=True).items()
    ):
        own = part["power_kw"].to_numpy().copy()
        before = night.get(device_id, nothing).power_kw
        own[: len(before)] -= before
        planned[device_id.split("/")[1]] = np.concatenate([own, later.get(device_id, nothing).power_kw])
    return planned


def _as_measured(
    session: Session,
    portfolio: Portfolio,
    site_id: str,
    day: date,
    run: StoredRun,
    night: Mapping[str, StoredOvernight],
    now: datetime,
) -> SiteDay:
    """The site-day of a plan as it is known by now without any forecast, from the stock that the plan began with."""
    site = portfolio.site(site_id)
    planned = horizon(portfolio.settings, site.timezone, day, run.planning_time)
    seen = replace(planned, planning_time=now, end=_end(run, planned.end))
    beliefs = read_beliefs(session, portfolio, [site], [seen], EVER, MEASURED)
    states = [name for name in beliefs if portfolio.sensors[name].is_state]
    known = Known(
        portfolio,
        Blocked(date=False, reason="", devices=dict(run.blocked)),
        {
            device: StoredStock(kwh, kwh, run.run_id)
            for device, kwh in read_starts(session, run.run_id).items()
        },
        beliefs | {name: beliefs[name].clear() for name in states},
        run.read_at,
        {site_id: peaks_so_far(session, portfolio, site, day, seen, EVER, run.run_id)},
        night,
    )
    reasons = {device.device_id: known.why_not(device) for device in site.devices}
    return with_problem(SiteDay(site, day, seen, reasons, run.read_at), known)


def _end(run: StoredRun, otherwise: datetime) -> datetime:
    problem = run.problem.get("problem")
    return otherwise if problem is None else datetime.fromisoformat(problem["end"])
