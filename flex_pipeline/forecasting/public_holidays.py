"""Public holidays of the country that a time zone belongs to."""

from __future__ import annotations

from datetime import date
from functools import cache
from importlib.resources import files

import numpy as np
from numpy.typing import NDArray

from flex_pipeline.forecasting.wall_clock import Integers

EPOCH = date(1970, 1, 1).toordinal()


def is_holiday(days: Integers, timezone: str) -> NDArray[np.bool_]:
    """Whether local days, counted from 1970-01-01, are nationwide holidays; false where no country is known."""
    if not len(days):
        return np.zeros(0, dtype=np.bool_)
    first, last = (date.fromordinal(EPOCH + int(day)).year for day in (days.min(), days.max()))
    of_years = [_of_year(country_of(timezone), year) for year in range(first, last + 1)]
    return np.isin(days, np.concatenate(of_years))


@cache
def country_of(timezone: str) -> str | None:
    """The ISO code of the country of a time zone, None for zones of no country, such as UTC."""
    table = (files("tzdata") / "zoneinfo" / "zone.tab").read_text()
    rows = (line.split("\t") for line in table.splitlines() if not line.startswith("#"))
    return {zone: country for country, _, zone, *_ in rows}.get(timezone)


@cache
def _of_year(country: str | None, year: int) -> Integers:
    from holidays import country_holidays, list_supported_countries

    if country not in list_supported_countries():
        return np.empty(0, dtype=np.int64)
    days = (day.toordinal() - EPOCH for day in country_holidays(country, years=year))
    return np.array(sorted(days), dtype=np.int64)
