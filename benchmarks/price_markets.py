"""The markets of Lago et al. 2021, read from a folder with `epf_DE.csv` and the like."""

from __future__ import annotations

from pathlib import Path

import polars as pl

from flex_pipeline.forecasting.prices.market import HOURS, Market

TEST_DAYS = 728  # the last two years of each file: the published test period


def read_market(path: Path) -> Market:
    """A file of a local time, the price and what was published, 24 rows a day."""
    frame = pl.read_csv(path, try_parse_dates=True)
    time, price, *published = frame.columns
    days = frame.height // HOURS
    return Market(
        frame[price].cast(pl.Float64).to_numpy().reshape(days, HOURS),
        frame.select(pl.col(published).cast(pl.Float64)).to_numpy().reshape(days, HOURS, -1),
        frame[time].dt.weekday().to_numpy()[::HOURS].astype("int64") - 1,
    )


def before_test(market: Market) -> Market:
    """The years that settings may be chosen on."""
    years = slice(None, -TEST_DAYS)
    return Market(market.prices[years], market.published[years], market.weekday[years])
