"""Forecasts scored on public data, each by the protocol it is published with.

    python -m benchmarks.forecasts prices DATA DE BE NP

DATA is a folder with the files; they are no part of the project. CPU seconds are those of this process.
"""

from __future__ import annotations

import argparse
import time
from pathlib import Path

from rich.console import Console
from rich.table import Table

from benchmarks.price_markets import TEST_DAYS, read_market
from flex_pipeline.forecasting.prices.rolling import forecast_days
from flex_pipeline.forecasting.scores import mae

# recomputed from the forecasts that Lago et al. published, over all 728 days
PUBLISHED = {"NP": (1.738, 1.683), "PJM": (3.013, 2.862), "BE": (6.140, 5.870), "FR": (3.980, 3.866)}
PUBLISHED |= {"DE": (3.609, 3.413)}


def main() -> None:
    """Score what is asked for."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("what", choices=["prices"])
    parser.add_argument("data", type=Path)
    parser.add_argument("names", nargs="+")
    asked = parser.parse_args()
    prices(asked.data, asked.names)


def prices(data: Path, names: list[str]) -> None:
    """728 days of each market: mean absolute error beside the published ensembles."""
    table = Table("market", "MAE", "MAE of d-7", "published LEAR", "published DNN", "CPU [s]")
    for name in names:
        market = read_market(data / f"epf_{name}.csv")
        first, began = market.days - TEST_DAYS, time.process_time()
        forecast = forecast_days(market, first, TEST_DAYS)
        took, actual = time.process_time() - began, market.prices[first:]
        naive = market.prices[first - 7 : -7]
        errors = (mae(forecast, actual), mae(naive, actual), *PUBLISHED.get(name, ()))
        table.add_row(name, *(f"{error:.3f}" for error in errors), f"{took:.0f}")
    Console().print(table)


if __name__ == "__main__":
    main()
