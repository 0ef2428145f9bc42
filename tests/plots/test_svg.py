"""Charts as SVG: where things are drawn, and by what they are told apart."""

from __future__ import annotations

import re
from xml.etree import ElementTree

import numpy as np
import pytest

from flex_pipeline.plots import style, svg
from flex_pipeline.plots.svg import Scale
from flex_pipeline.plots.waterfall import Bar

SVG = "{http://www.w3.org/2000/svg}"


def test_a_hatched_area_has_its_colour_and_above_it_a_pattern_of_the_page() -> None:
    drawn = svg.area(np.ones(2), np.zeros(2), Scale(0, 1), "#123456", "car", "xxxx")
    assert re.findall(r'fill="(.*?)"', drawn) == ["#123456", "url(#hatch-2)"]
    assert 'id="hatch-2"' in svg.hatches()


def test_every_hatch_of_a_device_has_a_pattern_and_every_dash_a_line() -> None:
    assert set(svg.HATCHES) == set(style.HATCHES) - {None}
    assert set(svg.DASHES) == set(style.DASHES)


def test_a_state_is_drawn_at_the_end_of_its_step_and_nothing_where_it_is_not_known() -> None:
    drawn = svg.curve(np.array([0.0, np.nan, 1.0, 1.0]), Scale(0, 1), style.Look("#000", None, "-"), "stock")
    ((points,),) = [re.findall(r'points="(.*?)"', drawn)]
    xs = [float(point.split(",")[0]) for point in points.split()]
    assert xs == pytest.approx([svg.x(1, 4), svg.x(3, 4), svg.x(4, 4)], abs=0.1)


def test_bars_of_a_waterfall_lie_between_their_amounts_on_one_scale() -> None:
    bars = [Bar("all", 0.0, 10.0, True), Bar("less", 10.0, 4.0, False), Bar("rest", 0.0, 4.0, True)]
    rects = ElementTree.fromstring(svg.waterfall(bars, "EUR")).findall(f"{SVG}rect")
    width = svg.WIDTH - svg.NAMES - svg.AMOUNTS  # of 10
    assert [(float(r.attrib["x"]) - svg.NAMES, float(r.attrib["width"])) for r in rects] == [
        pytest.approx(bar, abs=0.1) for bar in ((0, width), (0.4 * width, 0.6 * width), (0, 0.4 * width))
    ]


def test_a_sparkline_has_a_bar_for_each_day_that_is_known_income_below_zero() -> None:
    drawn = ElementTree.fromstring(svg.sparkline(np.array([2.0, np.nan, -2.0]), "cost"))
    bars = drawn.findall(f"{SVG}rect")
    middle = svg.SPARK[1] / 2
    assert [(float(bar.attrib["y"]), float(bar.attrib["height"])) for bar in bars] == [
        (0, middle),
        (middle, middle),
    ]


def test_a_mark_is_short_whatever_the_amount() -> None:
    marks = re.findall(r">([^<]+)</text>", svg.axis(Scale(-1234.5, 0.12345), "kW"))
    assert marks == ["0", "−1234", "kW"]  # 0.12 lies upon zero
