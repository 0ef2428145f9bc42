"""The ladder: the more history there is, the more is asked of it, and only what proved itself is used."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

import numpy as np
import polars as pl

from flex_pipeline.forecasting.blend import Blend, weight_of_second
from flex_pipeline.forecasting.conformal import Calibrated, widening
from flex_pipeline.forecasting.gradient_boosting import train_gradient_boosting
from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.known import known_before
from flex_pipeline.forecasting.model import LadderStep, Model, read_past
from flex_pipeline.forecasting.naive import DayAgo, LastValue, Plan, Predictor, Repeat, SameHour, WeekAgo
from flex_pipeline.forecasting.origins import HORIZON
from flex_pipeline.forecasting.prices.predictor import train_auction_prices
from flex_pipeline.forecasting.scores import mae, pinball
from flex_pipeline.forecasting.trial import Trial
from flex_pipeline.forecasting.wall_clock import MICROSECOND
from flex_pipeline.portfolio.sensor import Kind, Sensor

# days of measured values that each step of the ladder needs
DAYS_FOR_DAY_AGO, DAYS_FOR_WEEK_AGO, DAYS_FOR_SAME_HOUR = 2, 14, 28
DAYS_FOR_TRAINING = 42  # two weeks for the lags, four of outcomes
DAYS_FOR_PRICES = (
    70  # a quarter held out, then a week of lags, four of outcomes, and origins to learn errors from
)

# a driver's plans come in steps: their average is a plan that nobody has
PLANS: frozenset[Kind] = frozenset({"availability", "usage", "soc-minima"})


@dataclass(frozen=True)
class Choice:
    """A step of the ladder, why it was taken, and what it says of the held-out days (n, 3)."""

    step: LadderStep
    predictor: Predictor
    reason: str
    held_out: Floats


@dataclass(frozen=True)
class Training:
    """A model, and what its like, trained without the held-out days of the trial, said of them (n, 3)."""

    model: Model
    trial: Trial
    held_out: Floats


def train(
    history: pl.DataFrame,
    sensor: Sensor,
    *,
    cutoff: datetime,
    published: pl.DataFrame | None = None,
    horizon: timedelta = HORIZON,
) -> Model:
    """The model that `train_and_prove` makes."""
    return train_and_prove(history, sensor, cutoff=cutoff, published=published, horizon=horizon).model


def train_and_prove(
    history: pl.DataFrame,
    sensor: Sensor,
    *,
    cutoff: datetime,
    published: pl.DataFrame | None = None,
    horizon: timedelta = HORIZON,
) -> Training:
    """The best model of a sensor that what ended by `cutoff` can prove; the same input gives the same model.

    `history`: event_start (UTC), value in the unit of the sensor, null or no row in gaps; further columns are
    what was published for the step (weather, a provider's forecast) before anyone forecast it. `published`: in
    their place event_start, lead_days and columns that say what was known by which origin. Models learn from
    origins at the time of day of `cutoff`, as far ahead as `horizon`: let it be the planning time and what is
    forecast then. ForecastError when there is no value.
    """
    ended = cutoff - sensor.resolution + MICROSECOND
    past = read_past(history, sensor, min(ended, known_before(sensor, cutoff)), cutoff, published)
    trial = Trial.of(past, sensor, cutoff, horizon)
    choice = _choose(trial)
    scores = trial.scores(choice.held_out)
    model = Model(sensor, choice.predictor, choice.step, choice.reason, scores, trial.ceiling)
    return Training(model, trial, choice.held_out)


def _choose(trial: Trial) -> Choice:
    days = trial.past.days
    if trial.sensor.kind in PLANS:
        return _plan(trial)
    if days < DAYS_FOR_DAY_AGO:
        why = f"{days:.1f} days of history are too few for a daily pattern ({DAYS_FOR_DAY_AGO} are needed)."
        return _repeat(trial, LadderStep.LAST_VALUE, LastValue(), why)
    if days < DAYS_FOR_WEEK_AGO:
        why = f"{days:.0f} days of history are too few for a weekly pattern ({DAYS_FOR_WEEK_AGO} are needed)."
        return _repeat(trial, LadderStep.DAY_AGO, DayAgo(), why)
    if days < DAYS_FOR_SAME_HOUR:
        return _day_or_week(trial)
    fallback = _same_hour_or_week(trial)
    if trial.sensor.kind == "price" and days >= DAYS_FOR_PRICES:
        return _auction_prices_or(fallback, trial)
    return _trained_or(fallback, trial) if days >= DAYS_FOR_TRAINING else fallback


def _plan(trial: Trial) -> Choice:
    plan = Plan()
    why = "Plans are repeated, not averaged: half an absence is a plan that nobody has."
    return Choice(LadderStep.WEEK_AGO, plan, why, trial.quantiles(plan))


def _repeat(trial: Trial, step: LadderStep, repeat: Repeat, why: str) -> Choice:
    fitted = repeat.fitted(trial.past, trial.outcomes)
    return Choice(step, fitted, why, trial.quantiles(fitted))


def _day_or_week(trial: Trial) -> Choice:
    """Yesterday or a week ago, whichever was closer."""
    error = mae(DayAgo().point(trial.past, trial.held_out.rows), trial.held_out.values)
    compared = f"on the last {trial.days} days (mean error {error:.3g} against {trial.mae_naive:.3g})."
    if error < trial.mae_naive:
        return _repeat(
            trial, LadderStep.DAY_AGO, DayAgo(), f"The day before was closer than the week {compared}"
        )
    return _repeat(
        trial, LadderStep.WEEK_AGO, WeekAgo(), f"The day before was no closer than the week {compared}"
    )


def _same_hour_or_week(trial: Trial) -> Choice:
    """Quantiles of the same hour, unless those around the value of a week ago were better."""
    values, days = trial.held_out.values, trial.past.days
    week = _repeat(trial, LadderStep.WEEK_AGO, WeekAgo(), "")
    quantiles = trial.quantiles(SameHour())
    loss, loss_of_week = pinball(quantiles, values), pinball(week.held_out, values)
    if loss_of_week < loss:
        losses = f"(pinball loss {loss_of_week:.3g} against {loss:.3g} on the last {trial.days} days)."
        return replace(week, reason=f"The week before was closer than the usual same hour {losses}")
    why = f"{days:.0f} days of history are too few to train on ({DAYS_FOR_TRAINING} are needed)."
    return Choice(LadderStep.SAME_HOUR, SameHour(), why, quantiles)


def _trained_or(fallback: Choice, trial: Trial) -> Choice:
    """Gradient boosting, if it was better than the fallback and than the naive forecast."""
    same_hour, values = SameHour(), trial.held_out.values
    proof = train_gradient_boosting(trial.past, trial.before, trial.sensor)
    main, second = trial.quantiles(proof), trial.quantiles(same_hour)
    weight = 0.0 if _follows_the_weather(trial) else weight_of_second(main, second, values)
    blend = Blend(proof, same_hour, weight)
    share = widening(trial.quantiles(blend), values)
    blended = trial.quantiles(Calibrated(blend, share))
    trained, kept = pinball(blended, values), pinball(fallback.held_out, values)
    losses = f"(pinball loss {trained:.3g} against {kept:.3g} on the last {trial.days} days)."
    if not (trained < kept and mae(blended[:, 1], values) < trial.mae_naive):
        return replace(fallback, reason=f"Gradient boosting did not beat it {losses}")
    trained_on_all = train_gradient_boosting(trial.past, trial.outcomes, trial.sensor)
    final = Calibrated(Blend(trained_on_all, same_hour, weight), share)
    why = f"Better than {fallback.predictor.name} {losses}"
    return Choice(LadderStep.GRADIENT_BOOSTING, final, why, blended)


def _follows_the_weather(trial: Trial) -> bool:
    """PV with a forecast of the weather: other days tell nothing more of it (benchmarks/pv_settings.py)."""
    return trial.sensor.kind == "pv" and trial.past.published is not None


def _auction_prices_or(fallback: Choice, trial: Trial) -> Choice:
    """LEAR and its correction, if they were better than the fallback and than the naive forecast."""
    per_day, values = trial.past.clock.per_day, trial.held_out.values
    first, end = (int(f(trial.held_out.rows.bound)) // per_day for f in (np.min, np.max))
    unseen = trial.outcomes.origins_from(
        (first - trial.days) * per_day
    )  # by the proof: twice the days held out
    proof = train_auction_prices(trial.past, first - trial.days).fitted(
        trial.past, unseen.before(first * per_day)
    )
    said = trial.quantiles(proof)
    trained, kept = pinball(said, values), pinball(fallback.held_out, values)
    losses = f"(pinball loss {trained:.3g} against {kept:.3g} on the last {trial.days} days)."
    if not (trained < kept and mae(said[:, 1], values) < trial.mae_naive):
        return replace(fallback, reason=f"LEAR did not beat it {losses}")
    # errors of four weeks cover 1 % too little in the next four (benchmarks/price_settings.py)
    final = replace(train_auction_prices(trial.past, end + 1), spread=proof.fitted(trial.past, unseen).spread)
    return Choice(LadderStep.AUCTION_PRICES, final, f"Better than {fallback.predictor.name} {losses}", said)
