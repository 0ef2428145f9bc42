"""The settings of the PV forecast, chosen on the nine months before the test year of GEFCom2014.

python -m benchmarks.pv_settings DATA
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.recipes import Setting, show
from benchmarks.series import gefcom
from flex_pipeline.forecasting.blend import CLOSE
from flex_pipeline.forecasting.gradient_boosting import LARGE, PV, SMALL, Recipe

DAYS = 252
SETTINGS = {
    "small trees": Setting(Recipe(((SMALL, False),), with_mean=False)),
    "large trees": Setting(Recipe(((LARGE, False),), with_mean=False)),
    "large trees, above usual": Setting(Recipe(((LARGE, True),), with_mean=False)),
    "large trees, two seeds": Setting(
        Recipe(((LARGE, False), ({**LARGE, "random_state": 1}, False)), with_mean=False)
    ),
    "large trees, both targets": Setting(PV),
    "large trees, both targets, with mean": Setting(Recipe(PV.members, with_mean=True)),
    f"blended, weights within {CLOSE:.0%}": Setting(PV, close=CLOSE),
}


def show_all(data: Path) -> None:
    """Print the table."""
    series = gefcom(data)
    show(series, DAYS, SETTINGS, series.retrain_days)


if __name__ == "__main__":
    show_all(Path(sys.argv[1]))
