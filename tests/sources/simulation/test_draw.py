from datetime import date, timedelta

import numpy as np
import pytest

from flex_pipeline.sources.simulation.draw import generator, persistent, smooth

DAYS = [date(2020, 1, 1) + timedelta(days=k) for k in range(1500)]


def test_a_key_has_its_own_chance_that_never_changes() -> None:
    # pinned: NumPy's PCG64 seeded with the first 16 bytes of sha256("load/home-01.load/2026-06-01")
    first = 0.4835993731834991
    assert generator("load", "home-01.load", date(2026, 6, 1)).random() == pytest.approx(first, abs=1e-12)
    assert generator("load", "home-02.load", date(2026, 6, 1)).random() != pytest.approx(first)


def test_what_persists_is_standard_normal_and_like_the_day_before() -> None:
    values = np.array([persistent("wind", day) for day in DAYS])
    assert abs(values.mean()) < 0.2
    assert values.std() == pytest.approx(1, abs=0.1)
    # weights 0.7^k: a correlation of about 0.7 from one day to the next
    assert np.corrcoef(values[1:], values[:-1])[0, 1] == pytest.approx(0.7, abs=0.06)


def test_smooth_noise_is_standard_normal_and_slow() -> None:
    noise = smooth(np.random.default_rng(1), 20_000, width=4)
    assert noise.shape == (20_000,)
    assert noise.std() == pytest.approx(1, abs=0.1)
    # a Gaussian kernel of width w correlates neighbours by exp(-1 / 4w²)
    assert np.corrcoef(noise[1:], noise[:-1])[0, 1] == pytest.approx(np.exp(-1 / 64), abs=0.01)
