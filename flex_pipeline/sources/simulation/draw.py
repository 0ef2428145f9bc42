"""Chance that is the same on every machine: each day of each series has a generator of its own."""

from __future__ import annotations

from datetime import date, timedelta
from functools import lru_cache
from hashlib import sha256

import numpy as np
from numpy.typing import NDArray

_MEMORY = 0.7 ** np.arange(8)  # weight of each of the last eight days in what persists over days
_MEMORY /= np.sqrt(np.sum(_MEMORY**2))


def generator(*key: object) -> np.random.Generator:
    """The generator for a key such as ("load", "home-01.load", day)."""
    digest = sha256("/".join(map(str, key)).encode()).digest()
    return np.random.Generator(np.random.PCG64(int.from_bytes(digest[:16], "big")))


@lru_cache(maxsize=65536)
def _shock(series: str, day: date) -> float:
    return float(generator(series, day).standard_normal())


def persistent(series: str, day: date) -> float:
    """A standard normal number for a day, like its neighbours': weather lasts.

    A weighted sum over eight days, so that no day depends on where a simulation began.
    """
    return float(sum(w * _shock(series, day - timedelta(days=k)) for k, w in enumerate(_MEMORY)))


def smooth(rng: np.random.Generator, count: int, width: float) -> NDArray[np.float64]:
    """Standard normal noise that changes over about `width` steps. Shape (count,)."""
    reach = int(3 * width)
    kernel = np.exp(-0.5 * (np.arange(-reach, reach + 1) / width) ** 2)
    kernel /= np.sqrt(np.sum(kernel**2))
    return np.convolve(rng.standard_normal(count + 2 * reach), kernel, mode="valid")
