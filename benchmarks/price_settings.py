"""The settings of the price forecast, chosen on the year before the published test period.

    python -m benchmarks.price_settings DATA DE BE NP

The files are cut before the test period when they are read. Each line changes one setting and gives the mean
absolute error of that year. Refits of the correction are 56 days apart here, to save time.
"""

from __future__ import annotations

import argparse
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.price_markets import before_test, read_market
from flex_pipeline.forecasting.history import Floats
from flex_pipeline.forecasting.prices.correction import TREES, train_correction
from flex_pipeline.forecasting.prices.lear import PENALTY, WINDOWS_DAYS, lear
from flex_pipeline.forecasting.prices.market import Market
from flex_pipeline.forecasting.prices.rolling import WARM_UP_DAYS
from flex_pipeline.forecasting.scores import mae

DAYS = 364
REFIT_DAYS = 56
LEAR_SETTINGS: dict[str, tuple[Sequence[int], float]] = {
    f"LEAR, penalty {penalty:g}": (WINDOWS_DAYS, penalty) for penalty in (10.0, PENALTY, 100.0, 300.0)
} | {
    "LEAR, without 56 days": (WINDOWS_DAYS[1:], PENALTY),
    "LEAR, 1092 days alone": (WINDOWS_DAYS[-1:], PENALTY),
}
CORRECTIONS: dict[str, Mapping[str, Any]] = {
    "corrected": TREES,
    "corrected, 31 leaves": {**TREES, "max_leaf_nodes": 31},
    "corrected, 100 trees": {**TREES, "max_iter": 100},
    "corrected, 400 slower trees": {**TREES, "max_iter": 400, "learning_rate": 0.03},
}


def main() -> None:
    """Print a table: settings down, markets across."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("data", type=Path)
    parser.add_argument("markets", nargs="+")
    asked = parser.parse_args()
    errors = [tried(before_test(read_market(asked.data / f"epf_{name}.csv"))) for name in asked.markets]
    table = Table("setting", *asked.markets)
    for setting in errors[0]:
        table.add_row(setting, *(f"{error[setting]:.3f}" for error in errors))
    Console().print(table)


def tried(market: Market) -> dict[str, float]:
    """Mean absolute error of each setting on the last year of a market."""
    first, days = market.days - DAYS, np.arange(market.days - DAYS, market.days)
    actual = market.prices[first:].ravel()
    errors = {}
    for name, (windows_days, penalty) in LEAR_SETTINGS.items():
        forecast = [lear(market, int(day), windows_days, penalty).mean(axis=0) for day in days]
        errors[name] = mae(np.ravel(forecast), actual)
    members = np.array([lear(market, day) for day in range(WARM_UP_DAYS, market.days)])
    for name, trees in CORRECTIONS.items():
        errors[name] = mae(corrected(market, members, trees).ravel(), actual)
    return errors


def corrected(market: Market, members: Floats, trees: Mapping[str, Any]) -> Floats:
    """LEAR's mean and its correction on the last year (days, 24)."""
    forecast: Floats = members[-DAYS:].mean(axis=1)
    first = market.days - DAYS
    for begin in range(first, market.days, REFIT_DAYS):
        known, ahead = np.arange(WARM_UP_DAYS, begin), np.arange(begin, min(begin + REFIT_DAYS, market.days))
        correction = train_correction(market, known, members[: len(known)], trees)
        forecast[ahead - first] += correction.of(market, ahead, members[ahead - WARM_UP_DAYS])
    return forecast


if __name__ == "__main__":
    main()
