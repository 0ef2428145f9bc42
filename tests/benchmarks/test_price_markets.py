"""Files of markets: columns of any name, gaps, and days that are not whole."""

from datetime import datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest

from benchmarks.price_markets import read_market


def write(folder: Path, hours: int, **changed: list[float | None]) -> Path:
    """Prices that count the hours, a load 100 above them."""
    numbers = [float(hour) for hour in range(hours)]
    frame = pl.DataFrame(
        {
            "Date": [datetime(2013, 1, 1) + timedelta(hours=hour) for hour in range(hours)],
            " Zonal COMED price": numbers,
            " System load forecast": [number + 100 for number in numbers],
        }
    )
    path = folder / "epf_XX.csv"
    frame.with_columns(pl.Series(name, values) for name, values in changed.items()).write_csv(path)
    return path


def test_columns_are_known_by_their_place(tmp_path: Path) -> None:
    market = read_market(write(tmp_path, 72))
    assert market.prices[1, :2].tolist() == [24.0, 25.0]
    assert market.published[2, 0].tolist() == [148.0]
    assert market.weekday.tolist() == [1, 2, 3]  # 2013 began on a Tuesday


def test_an_empty_cell_takes_the_value_of_the_day_before(tmp_path: Path) -> None:
    prices = [None if hour == 30 else float(hour) for hour in range(72)]
    market = read_market(write(tmp_path, 72, **{" Zonal COMED price": prices}))
    assert market.prices[1, 5:8].tolist() == [29.0, 6.0, 31.0]
    assert np.isfinite(market.published).all()


def test_a_day_of_23_rows_is_refused_by_name(tmp_path: Path) -> None:
    with pytest.raises(ValueError, match=r"epf_XX\.csv: each day must have 24 rows; the file has 71"):
        read_market(write(tmp_path, 71))
