"""The settings of the load forecast, chosen on days before the test periods of a household and of a country.

    python -m benchmarks.load_settings DATA

A country is here because what suits one household need not suit the sum of millions.
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.recipes import Setting, show
from benchmarks.series import german_load, household
from flex_pipeline.forecasting.blend import CLOSE
from flex_pipeline.forecasting.gradient_boosting import LARGE, LOAD, SMALL

DAYS = 119  # as far back as the household leaves five months to learn from
REFIT_DAYS = 14  # the benchmark trains weekly; this saves time
SETTINGS = {
    "small trees": Setting(((SMALL, True),)),
    "large trees": Setting(((LARGE, True),)),
    "large trees, value itself": Setting(((LARGE, False),)),
    "small and large": Setting(LOAD),
    "small and large, from 400 days": Setting(LOAD, days=400),  # not from 800; the household has 265
    "blended, best weight": Setting(LOAD, close=1e-6),
    "blended, weights within 2%": Setting(LOAD, close=0.02),
    f"blended, weights within {CLOSE:.0%}": Setting(LOAD, close=CLOSE),
    "blended, weights within 10%": Setting(LOAD, close=0.1),
}


def show_all(data: Path) -> None:
    """Print a table for each of both."""
    for series in (household(data), german_load(data)):
        show(series, DAYS, SETTINGS, REFIT_DAYS)


if __name__ == "__main__":
    show_all(Path(sys.argv[1]))
