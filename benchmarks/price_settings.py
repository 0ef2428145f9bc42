"""The settings of the price forecast, chosen on the year before the published test period.

    python -m benchmarks.price_settings DATA DE BE NP

The files are cut before the test period when they are read. Each line changes one setting and gives the mean
absolute error of that year. Refits of the correction are 56 days apart, to save time, but where a line says otherwise.
Lines of LEAR are of its ridge regressions on all regressors, but where they name LARS. The share of prices within
the interval is that of LEAR with LARS on all three years.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.price_markets import before_test, read_market, with_spread
from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.prices.correction import SEEDS, TREES, Correction, train_correction
from flex_pipeline.forecasting.prices.lear import PENALTY, WINDOWS_DAYS, lear
from flex_pipeline.forecasting.prices.market import Market
from flex_pipeline.forecasting.prices.rolling import RETRAIN_DAYS, WARM_UP_DAYS, past_members
from flex_pipeline.forecasting.scores import QUANTILES, coverage, mae

DAYS = 364
REFIT_DAYS = 56
LEAR_SETTINGS: dict[str, tuple[Sequence[int], float]] = {
    f"LEAR, penalty {penalty:g}": (WINDOWS_DAYS, penalty) for penalty in (10.0, PENALTY, 100.0, 300.0)
} | {
    "LEAR, without 56 days": (WINDOWS_DAYS[1:], PENALTY),
    "LEAR, 1092 days alone": (WINDOWS_DAYS[-1:], PENALTY),
}
ERROR_DAYS = (28, 56, 84)
RIDGE, LARS = slice(len(WINDOWS_DAYS)), slice(len(WINDOWS_DAYS), None)  # of all windows


@dataclass(frozen=True)
class Setting:
    """How the correction is made: its trees, how often, from how many seeds, and of what."""

    trees: Mapping[str, Any] = field(default_factory=lambda: TREES)
    refit_days: int = REFIT_DAYS
    seeds: int = len(SEEDS)
    errors: bool = True  # else prices, and the mean of both is the forecast
    lars: bool = True  # LEAR with the windows of LARS, else without


CORRECTIONS = {
    "corrected": Setting(),
    "corrected, without LARS": Setting(lars=False),
    "corrected, 31 leaves": Setting({**TREES, "max_leaf_nodes": 31}),
    "corrected, 100 trees": Setting({**TREES, "max_iter": 100}),
    "corrected, 400 slower trees": Setting({**TREES, "max_iter": 400, "learning_rate": 0.03}),
    "corrected, every 28 days": Setting(refit_days=RETRAIN_DAYS),
    "corrected, one seed": Setting(seeds=1),
    "mean with trees that learn prices": Setting(errors=False),
}


def main() -> None:
    """Read what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("markets", nargs="+")
    asked = parser.parse_args()
    show(asked.data, asked.markets)


def show(data: Path, markets: Sequence[str]) -> None:
    """Print a table: settings down, markets across."""
    errors = [tried(before_test(read_market(data / f"epf_{name}.csv"))) for name in markets]
    table = Table("setting", *markets)
    for setting in errors[0]:
        table.add_row(setting, *(f"{error[setting]:.3f}" for error in errors))
    Console().print(table)


def tried(market: Market) -> dict[str, float]:
    """Mean absolute error of each setting on the last year of a market."""
    first, days = market.days - DAYS, np.arange(market.days - DAYS, market.days)
    actual = market.prices[first:].ravel()
    errors = {}
    for name, (windows_days, penalty) in LEAR_SETTINGS.items():
        year = [lear(market, int(day), windows_days, penalty).mean(axis=0) for day in days]
        errors[name] = mae(np.ravel(year), actual)
    said = past_members(market, WARM_UP_DAYS, market.days)
    errors["LARS alone"] = mae(said[-DAYS:, LARS].mean(axis=1).ravel(), actual)
    errors["LEAR with LARS"] = mae(said[-DAYS:].mean(axis=1).ravel(), actual)
    forecast, whole = said.mean(axis=1), market.prices[WARM_UP_DAYS:]
    for error_days in ERROR_DAYS:
        quantiles = with_spread(forecast, whole, error_days)
        errors[f"within 80 %, errors of {error_days} days"] = coverage(quantiles, whole[error_days:].ravel())
    as_they_are = with_spread(forecast, whole, ERROR_DAYS[1], (QUANTILES[0], QUANTILES[-1]))
    errors["within 80 %, errors as they are"] = coverage(as_they_are, whole[ERROR_DAYS[1] :].ravel())
    for name, setting in CORRECTIONS.items():
        errors[name] = mae(
            corrected(market, said if setting.lars else said[:, RIDGE], setting).ravel(), actual
        )
    return errors


def corrected(market: Market, members: Floats, setting: Setting) -> Floats:
    """The mean of LEAR's windows and its correction on the last year (days, 24)."""
    forecast: Floats = members[-DAYS:].mean(axis=1)
    seen = members if setting.errors else np.zeros_like(members)
    first = market.days - DAYS
    for begin in range(first, market.days, setting.refit_days):
        end = min(begin + setting.refit_days, market.days)
        known, ahead = np.arange(WARM_UP_DAYS, begin), np.arange(begin, end)
        trained = train_correction(market, known, seen[: len(known)], setting.trees)
        learnt = Correction(trained.models[: setting.seeds]).of(market, ahead, seen[ahead - WARM_UP_DAYS])
        forecast[ahead - first] += learnt
    return forecast if setting.errors else forecast / 2


if __name__ == "__main__":
    main()
