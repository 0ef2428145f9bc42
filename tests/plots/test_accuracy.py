"""Pictures of accuracy: size, a single week, and what was never compared."""

from __future__ import annotations

import io
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from PIL import Image

from flex_pipeline.plots import style
from flex_pipeline.plots.accuracy import Accuracy, plot_accuracy

WEEKS = np.array(["2026-01-05", "2026-01-12", "2026-01-19"], "datetime64[us]")
FOUND = Accuracy(
    title="home-01.load",
    weeks=WEEKS,
    skill={"load": np.array([0.7, 1.3, 0.6])},
    coverage={"load": np.array([0.78, np.nan, 0.82])},
    leads=["0-12 h", "12-24 h"],
    error=np.where(np.arange(48).reshape(2, 24) < 40, 0.5, np.nan),
    error_name="Mean error (kW)",
    reliability={0.1: 0.12, 0.5: 0.45, 0.9: 0.88},
)


@pytest.fixture
def figure(monkeypatch: pytest.MonkeyPatch) -> Callable[[Accuracy], Figure]:
    """The figure that is drawn, in the place of its picture."""
    drawn: list[Any] = []
    monkeypatch.setattr(style, "png", lambda made, **_: drawn.append(made) or b"")

    def of(found: Accuracy) -> Figure:
        plot_accuracy(found)
        made: Figure = drawn[-1]
        return made

    return of


def panel(figure: Figure, words: str) -> Axes:
    (found,) = (axes for axes in figure.axes if words in axes.get_title(loc="left"))
    return found


def test_a_picture_is_1000_wide_and_small_enough_for_the_event_log() -> None:
    picture = plot_accuracy(FOUND)

    assert Image.open(io.BytesIO(picture)).size == (1000, 600)
    assert len(picture) < 60_000


def test_the_line_of_no_skill_is_in_the_picture_however_good_forecasts_are(
    figure: Callable[[Accuracy], Figure],
) -> None:
    axes = panel(
        figure(replace(FOUND, skill={"load": np.array([0.1, 0.1, 0.1])})), "Error against a week ago"
    )

    assert axes.get_ylim()[1] > 1


def test_a_single_week_is_drawn(figure: Callable[[Accuracy], Figure]) -> None:
    one = replace(FOUND, weeks=WEEKS[:1], skill={"load": np.ones(1)}, coverage={"load": np.array([np.nan])})

    axes = panel(figure(one), "Error against a week ago")

    low, high = axes.get_xlim()
    assert high - low == pytest.approx(6)  # days


def test_reliability_is_left_out_where_it_is_not_known(figure: Callable[[Accuracy], Figure]) -> None:
    titles = [axes.get_title(loc="left") for axes in figure(replace(FOUND, reliability=None)).axes]

    assert not any("Reliability" in title for title in titles)
    assert any("by lead and hour" in title for title in titles)


def test_reliability_shows_the_share_at_each_quantile(figure: Callable[[Accuracy], Figure]) -> None:
    axes = panel(figure(FOUND), "Reliability")

    np.testing.assert_allclose(axes.lines[1].get_xydata(), [[10, 12], [50, 45], [90, 88]])
