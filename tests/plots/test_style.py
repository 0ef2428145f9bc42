"""Colours that lie beside each other are told apart, also by readers who see red and green alike."""

from __future__ import annotations

from itertools import combinations

import numpy as np
import pytest
from matplotlib.colors import to_rgb

from flex_pipeline.plots import style
from flex_pipeline.plots.style import Array

# what is seen of linear red, green and blue: Machado, Oliveira and Fernandes 2009, severity 1
SIGHTS = {
    "usual": np.eye(3),
    "protanopia": np.array(
        [[0.152286, 1.052583, -0.204868], [0.114503, 0.786281, 0.099216], [-0.003882, -0.048116, 1.051998]]
    ),
    "deuteranopia": np.array(
        [[0.367322, 0.860646, -0.227968], [0.280085, 0.672501, 0.047413], [-0.011820, 0.042940, 0.968881]]
    ),
}
TO_XYZ = np.array([[0.4124, 0.3576, 0.1805], [0.2126, 0.7152, 0.0722], [0.0193, 0.1192, 0.9505]])
WHITE = TO_XYZ.sum(axis=1)
CLEARLY = 15.0  # of CIE 1976; 2.3 is just noticeable
AREAS = (*style.DEVICES, style.FIXED, style.SUN)
CHANGES = (style.CONSUMPTION, style.GAIN, style.LOSS)


def lab(colour: str, sight: Array) -> Array:
    """CIE L*a*b* of a colour as somebody sees it."""
    rgb = np.array(to_rgb(colour))
    linear = np.where(rgb <= 0.04045, rgb / 12.92, ((rgb + 0.055) / 1.055) ** 2.4)
    x, y, z = np.cbrt(TO_XYZ @ np.clip(sight @ linear, 0, 1) / WHITE)
    return np.array([116 * y - 16, 500 * (x - y), 200 * (y - z)])


@pytest.mark.parametrize("sight", SIGHTS)
@pytest.mark.parametrize("colours", [AREAS, CHANGES], ids=["areas", "changes"])
def test_no_two_colours_of_a_picture_look_alike(colours: tuple[str, ...], sight: str) -> None:
    alike = {
        pair: distance
        for pair in combinations(colours, 2)
        if (distance := float(np.linalg.norm(np.subtract(*(lab(c, SIGHTS[sight]) for c in pair))))) < CLEARLY
    }
    assert alike == {}
