"""A contest: the model in use against a newly trained one, on days that neither has learnt from."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

import numpy as np

from flex_pipeline.forecasting.known import known_before
from flex_pipeline.forecasting.ladder import Training
from flex_pipeline.forecasting.model import LadderStep, Model
from flex_pipeline.forecasting.scores import mae, pinball


@dataclass(frozen=True)
class Decision:
    """Whether the new model is used from now on, and why."""

    promoted: bool
    reason: str


FIRST = Decision(True, "It is the first.")


def decide(challenger: Training, champion: Model, champion_trained: datetime) -> Decision:
    """Promote the challenger if it was better on the held-out days after the champion's training.

    On those days the challenger is judged by its like that was trained without them. A champion that no longer beats
    the value of a week ago goes in any case: what challenges it has passed that test or is no trained model.
    """
    if max(challenger.model.ladder_step, champion.ladder_step) < LadderStep.GRADIENT_BOOSTING:
        return Decision(True, "Neither it nor the one before is trained; it knows newer errors.")
    trial, since = challenger.trial, f"{champion_trained:%Y-%m-%d}"
    unseen = trial.held_out.rows.bound >= trial.past.clock.bound(known_before(trial.sensor, champion_trained))
    held_out = trial.held_out.chosen(unseen)
    if not len(held_out.values):
        return Decision(False, f"No day is over that the model of {since} has not learnt from.")
    said = champion.predictor.quantiles(trial.past, held_out.rows)
    kept = trial.within_bounds(said, held_out.rows)
    new, old = (pinball(values, held_out.values) for values in (challenger.held_out[unseen], kept))
    days = len(np.unique(held_out.rows.bound))
    losses = f"(pinball loss {new:.3g} against {old:.3g} on {days} days that neither had learnt from)."
    if new < old:
        return Decision(True, f"Better than the model of {since} {losses}")
    naive = mae(trial.naive[unseen], held_out.values)
    if not mae(kept[:, 1], held_out.values) < naive:
        return Decision(True, f"The model of {since} did not beat the value of a week ago {losses}")
    return Decision(False, f"No better than the model of {since} {losses}")
