"""Forecasts scored on public data, each by the protocol it is published with.

    python -m benchmarks.forecasts all DATA     # every number of docs/forecasting.md
    python -m benchmarks.forecasts load|pv|others DATA
    python -m benchmarks.forecasts prices DATA DE BE NP

DATA is a folder with the files; they are no part of the project. CPU seconds are those of this process.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterable
from pathlib import Path

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks import forecast_fleet, load_settings, price_settings, pv_settings
from benchmarks.price_markets import TEST_DAYS, read_market, with_spread
from benchmarks.series import Series, gefcom, household, others
from flex_pipeline.forecasting.prices.rolling import forecast_days
from flex_pipeline.forecasting.scores import coverage, mae, pinball
from flex_pipeline.forecasting.trial import MOST_DAYS_HELD_OUT

ERROR_DAYS = 2 * MOST_DAYS_HELD_OUT  # as in the ladder
# recomputed from the forecasts that Lago et al. published, over all 728 days
PUBLISHED = {"NP": (1.738, 1.683), "PJM": (3.013, 2.862), "BE": (6.140, 5.870), "FR": (3.980, 3.866)}
PUBLISHED |= {"DE": (3.609, 3.413)}


def main() -> None:
    """Score what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["all", "prices", "load", "pv", "others"])
    parser.add_argument("data", type=Path)
    parser.add_argument("markets", nargs="*", default=["DE", "BE", "NP"])
    asked = parser.parse_args()
    whole = asked.what == "all"
    if whole or asked.what == "prices":
        prices(asked.data, asked.markets)
    if whole or asked.what == "load":
        show([household(asked.data)])
    if whole or asked.what == "pv":
        show([gefcom(asked.data)])
    if whole or asked.what == "others":
        show(others(asked.data))
    if whole:
        price_settings.show(asked.data, asked.markets)
        load_settings.show_all(asked.data)
        pv_settings.show_all(asked.data)
        forecast_fleet.show(forecast_fleet.SENSORS, forecast_fleet.DAYS, processes=None)


def show(series: Iterable[Series]) -> None:
    """One row of scores for each series."""
    for each in series:
        done = each.backtest()
        scores = done.scores
        table = Table("series", "MAE", "MAE of d-7", "pinball", "within 80 %", "training CPU [s]")
        numbers = (f"{score:.4g}" for score in (scores.mae, scores.mae_naive, scores.pinball))
        table.add_row(each.name, *numbers, f"{scores.coverage:.1%}", f"{done.cpu_s:.0f}")
        Console().print(table)


def prices(data: Path, names: list[str]) -> None:
    """728 days of each market: mean absolute error beside the published ensembles, and the last 672 with quantiles."""
    table = Table(
        "market", "MAE", "MAE of d-7", "published LEAR", "published DNN", "pinball", "within 80 %", "CPU [s]"
    )
    for name in names:
        market = read_market(data / f"epf_{name}.csv")
        first, began = market.days - TEST_DAYS, time.process_time()
        forecast = forecast_days(market, first, TEST_DAYS)
        took, actual = time.process_time() - began, market.prices[first:]
        naive = market.prices[first - 7 : -7]
        errors = (mae(forecast, actual), mae(naive, actual), *PUBLISHED.get(name, (np.nan, np.nan)))
        quantiles, after = with_spread(forecast, actual, ERROR_DAYS), actual[ERROR_DAYS:].ravel()
        table.add_row(
            name,
            *(f"{error:.3f}" for error in (*errors, pinball(quantiles, after))),
            f"{coverage(quantiles, after):.1%}",
            f"{took:.0f}",
        )
    Console().print(table)


if __name__ == "__main__":
    main()
