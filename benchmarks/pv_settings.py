"""The settings of the PV forecast, chosen on the nine months before the test year of GEFCom2014.

python -m benchmarks.pv_settings DATA
"""

from __future__ import annotations

import sys
from pathlib import Path

from benchmarks.recipes import Setting, show
from benchmarks.series import gefcom
from flex_pipeline.forecasting.blend import CLOSE
from flex_pipeline.forecasting.gradient_boosting import LARGE, PV, SMALL

DAYS = 252
SETTINGS = {
    "small trees": Setting(((SMALL, False),)),
    "large trees": Setting(((LARGE, False),)),
    "large trees, above usual": Setting(((LARGE, True),)),
    "large trees, two seeds": Setting(((LARGE, False), ({**LARGE, "random_state": 1}, False))),
    "large trees, both targets": Setting(PV),
    "large trees, both targets, nights too": Setting(PV, nights=True),
    f"blended, weights within {CLOSE:.0%}": Setting(PV, close=CLOSE),
}


def show_all(data: Path) -> None:
    """Print the table."""
    series = gefcom(data)
    show(series, DAYS, SETTINGS, series.retrain_days)


if __name__ == "__main__":
    show_all(Path(sys.argv[1]))
