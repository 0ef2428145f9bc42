"""Planning sites for a day: what is believed becomes problems, problems plans, and plans rows in the warehouse."""

from __future__ import annotations

import logging
import traceback
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from datetime import date, datetime
from itertools import islice
from time import perf_counter
from typing import Literal

from sqlalchemy import Engine
from sqlalchemy.exc import DataError, IntegrityError

from flex_pipeline.planning.horizon import horizon
from flex_pipeline.planning.known import Known, read_known
from flex_pipeline.planning.plan_rows import blocked_plan, plan_of
from flex_pipeline.planning.site_day import SiteDay, with_problem
from flex_pipeline.portfolio.portfolio import Portfolio, Site
from flex_pipeline.scheduling.batch import Failure, Solvers
from flex_pipeline.warehouse.plans import Plan, confirm_plans, lock_site_days, replace_plans, stored_inputs
from flex_pipeline.warehouse.recording import reading_time

How = Literal["solved", "confirmed", "blocked"]

# of which everything is read at once: 1,300 sensors over two days, 250,000 beliefs, take 40 MB
SITES_AT_ONCE = 256
# Plans stored in one transaction: 16 take 5 ms each, one alone takes 11 ms. Those solved within a second wait for
# each other and no longer: that is what a killed process loses.
PLANS_AT_ONCE = 16
WAIT_S = 1.0

logger = logging.getLogger(__name__)


@dataclass(frozen=True)
class Outcome:
    """What came of planning a site-day. `confirmed`: the same inputs had been solved before."""

    site_id: str
    day: date
    how: How
    status: str
    reason: str | None = None


@dataclass(frozen=True)
class Made:
    """A site-day and its plan; without one, a plan of the same inputs was stored before."""

    site_day: SiteDay
    plan: Plan | None

    @property
    def key(self) -> tuple[str, str]:
        """Site and input hash of the plan."""
        return (
            self.site_day.key
            if self.plan is None
            else (self.site_day.site.site_id, self.plan.run["input_hash"])
        )

    def with_plan(self) -> Made:
        """The same with a plan in any case."""
        return self if self.plan is not None else Made(self.site_day, plan_of(self.site_day))

    def outcome(self, *, confirmed: bool) -> Outcome:
        """What came of it."""
        site_id, day = self.site_day.site.site_id, self.site_day.day
        if self.plan is not None and self.plan.run["status"] == "blocked":
            return Outcome(site_id, day, "blocked", "blocked", self.plan.run["reason"])
        if self.plan is None or confirmed:
            return Outcome(site_id, day, "confirmed", "confirmed")
        return Outcome(site_id, day, "solved", self.plan.run["status"], self.plan.run["diagnosis"])


@dataclass(frozen=True)
class Planner:
    """Plans site-days of one portfolio version, as of each day's planning time."""

    engine: Engine
    portfolio: Portfolio
    version_id: int
    solvers: Solvers = field(default_factory=lambda: Solvers(1))

    def plan_all(self, site_ids: Iterable[str], day: date, now: datetime) -> Iterator[Outcome]:
        """Plan all devices of some sites for a day; each plan is put in force as a whole, or not at all.

        Devices with faulty inputs are left out, marked blocked with the reason, and the others are planned.
        Whatever goes wrong with a site blocks it alone.
        """
        sites = [(site_id, self.portfolio.site_by_id.get(site_id)) for site_id in site_ids]
        for site_id in (site_id for site_id, site in sites if site is None):
            yield Outcome(site_id, day, "blocked", "blocked", "is not in the portfolio any more")
        waiting = iter([site for _, site in sites if site is not None])
        while some := list(islice(waiting, SITES_AT_ONCE)):
            yield from self._plan(self._prepare(some, day, now), now)

    def _prepare(self, sites: Sequence[Site], day: date, now: datetime) -> list[SiteDay]:
        seen = [horizon(self.portfolio.settings, site.timezone, day, now) for site in sites]
        read_at = reading_time(self.engine)
        with self.engine.connect() as session:
            known = read_known(session, self.portfolio, sites, day, seen, read_at)
        return [
            _prepared(
                SiteDay(site, day, s, {d.device_id: known.why_not(d) for d in site.devices}, read_at), known
            )
            for site, s in zip(sites, seen, strict=True)
        ]

    def _plan(self, prepared: Sequence[SiteDay], now: datetime) -> Iterator[Outcome]:
        with self.engine.connect() as session:
            keys = [site_day.key for site_day in prepared if site_day.problem is not None]
            stored = stored_inputs(session, keys, prepared[0].day)
        plans = self.solvers.map(plan_of, (s for s in prepared if s.key not in stored))
        made = (Made(s, None if s.key in stored else _made(s, next(plans))) for s in prepared)
        for some in _together(made):
            yield from self._put_in_force(some, now)

    def _put_in_force(self, made: Sequence[Made], now: datetime) -> list[Outcome]:
        """Store plans in one transaction; if one cannot be stored, each in its own, and that one as blocked."""
        try:
            return self._store(made, now)
        except (DataError, IntegrityError) as error:
            if len(made) > 1:
                return [outcome for each in made for outcome in self._put_in_force([each], now)]
            refused = _refused(made[0].site_day, f"its plan cannot be stored: {error.orig}", str(error))
            return self._store([Made(refused, blocked_plan(refused))], now)

    def _store(self, made: Sequence[Made], now: datetime) -> list[Outcome]:
        """Store plans, unless one of the same inputs is there by now. Without a plan, there was one before."""
        day = made[0].site_day.day
        with self.engine.begin() as session:
            lock_site_days(session, [each.site_day.site.site_id for each in made], day)
            confirmed = confirm_plans(session, [each.key for each in made], day, now)
            made = [each if each.key in confirmed else each.with_plan() for each in made]
            new = [each.plan for each in made if each.plan is not None and each.key not in confirmed]
            run = {"belief_time": now, "version_id": self.version_id}
            replace_plans(session, [replace(plan, run={**plan.run, **run}) for plan in new])
        return [each.outcome(confirmed=each.key in confirmed) for each in made]


def _together(made: Iterable[Made]) -> Iterator[list[Made]]:
    """What is stored in one transaction."""
    some: list[Made] = []
    began = perf_counter()
    for each in made:
        some.append(each)
        if len(some) == PLANS_AT_ONCE or perf_counter() - began > WAIT_S:
            yield some
            some, began = [], perf_counter()
    if some:
        yield some


def _prepared(blank: SiteDay, known: Known) -> SiteDay:
    try:
        return with_problem(blank, known)
    except Exception as error:
        return _refused(blank, f"{type(error).__name__}: {error}", traceback.format_exc())


def _made(site_day: SiteDay, result: Plan | Failure) -> Plan:
    if isinstance(result, Plan):
        return result
    return blocked_plan(_refused(site_day, result.reason, result.trace))


def _refused(site_day: SiteDay, reason: str, trace: str) -> SiteDay:
    """One bad site is told of, and does not keep the others from being planned."""
    logger.error("%s on %s: %s\n%s", site_day.site.site_id, site_day.day, reason, trace)
    return site_day.refused(reason)
