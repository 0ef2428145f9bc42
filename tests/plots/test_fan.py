import io
from datetime import date
from zoneinfo import ZoneInfo

import numpy as np
import pytest
from PIL import Image

from flex_pipeline.plots.fan import Fan, plot_fans
from flex_pipeline.plots.style import CONSUMPTION

START = np.datetime64("2026-11-19T00:00", "us")


def fan(levels: tuple[float, ...]) -> Fan:
    """Two days by the hour, of which the second is forecast."""
    ahead = np.where(np.arange(48) < 24, np.nan, 2.0)
    return Fan(
        sensor="home.load",
        kind="load",
        unit="kW",
        model="gradient boosting",
        timezone=ZoneInfo("Europe/Amsterdam"),
        starts=START + np.arange(48) * np.timedelta64(1, "h"),
        step_hours=1.0,
        quantiles={level: ahead + level for level in levels},
        measured=np.where(np.arange(48) < 30, 1.0, np.nan),
        planned=START + np.timedelta64(12, "h"),
    )


@pytest.mark.parametrize("levels", [(0.1, 0.5, 0.9), (0.05, 0.25, 0.5, 0.75, 0.95), (0.5,)])
@pytest.mark.parametrize("panels", [1, 3])
def test_every_sensor_has_a_panel_whatever_quantiles_there_are(
    levels: tuple[float, ...], panels: int
) -> None:
    picture = Image.open(io.BytesIO(plot_fans(date(2026, 11, 20), [fan(levels)] * panels)))

    assert picture.width == {1: 480, 3: 960}[panels]
    colours = {colour for _, colour in picture.convert("RGB").getcolors(10**6) or []}
    median = tuple(int(CONSUMPTION[i : i + 2], 16) for i in (1, 3, 5))
    assert min(sum(abs(a - b) for a, b in zip(median, colour, strict=True)) for colour in colours) < 60
