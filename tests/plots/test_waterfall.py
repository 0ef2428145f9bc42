"""The steps of a waterfall lead from the first total to the last, and add up."""

from __future__ import annotations

import io

from PIL import Image

from flex_pipeline.plots import style, svg, waterfall
from flex_pipeline.plots.waterfall import Bar, Component, bars, components_of

BOUGHT = Component("energy bought", 10.0, 6.0, 6.5)
SOLD = Component("energy sold", 0.0, -1.0, -1.0)
PEAK = Component("peak", 2.0, 2.5, 2.5)


def test_each_component_begins_where_the_one_before_it_ends() -> None:
    assert bars([BOUGHT, SOLD, PEAK]) == [
        Bar("no flexibility", 0.0, 12.0, True),
        Bar("energy bought", 12.0, 8.0, False),
        Bar("energy sold", 8.0, 7.0, False),
        Bar("peak", 7.0, 7.5, False),
        Bar("planned", 0.0, 7.5, True),
        Bar("surprise", 7.5, 8.0, False),
        Bar("realised", 0.0, 8.0, True),
    ]


def test_a_component_that_shifting_does_not_change_has_no_bar() -> None:
    names = [bar.name for bar in bars([Component("energy bought", 5.0, 5.0, None)])]
    assert names == ["no flexibility", "planned"]


def test_what_is_not_measured_in_full_has_no_realised_cost() -> None:
    assert bars([BOUGHT, Component("wear", 0.0, 0.1, None)])[-1].name == "planned"


def test_components_of_one_name_are_added_up() -> None:
    row = {"component": "energy bought", "baseline_cost": 5.0, "cost": 3.0, "realised_cost": 3.25}
    assert components_of([row, row]) == [Component("energy bought", 10.0, 6.0, 6.5)]


def test_a_saving_is_told_by_its_sign_and_not_by_its_colour_alone() -> None:
    total, saving, *_, surprise, _ = bars([BOUGHT])
    assert [bar.written for bar in (total, saving, surprise)] == ["10.00", "−4.00", "+0.50"]
    assert [bar.colour for bar in (total, saving, surprise)] == [style.CONSUMPTION, style.GAIN, style.LOSS]


def test_nothing_is_no_negative_zero() -> None:
    assert Bar("planned", 0.0, -0.001, True).written == "0.00"


def test_a_net_income_is_drawn_left_of_zero() -> None:
    drawn = svg.waterfall(bars([Component("energy sold", -1.0, -3.0, None)]), "EUR")
    assert 'aria-label="cost: no flexibility −1.00 EUR; energy sold −2.00 EUR; planned −3.00 EUR"' in drawn


def test_the_picture_has_the_colours_of_totals_savings_and_losses() -> None:
    from matplotlib.figure import Figure

    figure = Figure(figsize=(5, 3))
    waterfall.draw(figure.subplots(), bars([BOUGHT, SOLD, PEAK]), "EUR")
    image = Image.open(io.BytesIO(style.png(figure))).convert("RGB")
    seen = {f"#{r:02x}{g:02x}{b:02x}" for _, (r, g, b) in image.getcolors(100_000) or []}
    assert {style.CONSUMPTION, style.GAIN, style.LOSS} <= seen
