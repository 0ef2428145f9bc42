"""What is to be said of the models of a day's forecasts."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from flex_pipeline.forecasting.drift import Errors, has_drifted
from flex_pipeline.forecasting.ladder import DAYS_FOR_TRAINING, PLANS
from flex_pipeline.forecasting.model import LadderStep

Told = Mapping[str, Any]  # a row of warehouse.forecasts.read_forecast_runs
TRAINED = frozenset({LadderStep.GRADIENT_BOOSTING.label, LadderStep.AUCTION_PRICES.label})


def lost_to_the_naive(runs: Sequence[Told]) -> list[Told]:
    """The forecasts by a rule where there was enough to learn from, and those by a model that errs like the naive."""
    return [run for run in runs if _has_lost(run)]


def _has_lost(run: Told) -> bool:
    if run["kind"] in PLANS or run["days"] < DAYS_FOR_TRAINING:
        return False
    if run["ladder_step"] not in TRAINED:
        return True
    return run["mae"] is not None and run["mae_naive"] is not None and run["mae"] >= run["mae_naive"]


def drifted(runs: Sequence[Told]) -> list[Told]:
    """The forecasts whose model had drifted: those that another one was trained for, and those that still do."""
    return [
        run for run in runs if run["kind"] not in PLANS and (run["decision"] is not None or _errs_more(run))
    ]


def _errs_more(run: Told) -> bool:
    recent, at_training = ([run[f"{when}{of}"] for of in ("mae", "mae_naive")] for when in ("recent_", ""))
    return None not in (*recent, *at_training) and has_drifted(Errors(*recent), Errors(*at_training))
