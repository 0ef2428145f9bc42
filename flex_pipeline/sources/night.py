"""PV meters that write nothing while the sun is down."""

from __future__ import annotations

from datetime import timedelta

import polars as pl

from flex_pipeline.portfolio.sensor import Sensor
from flex_pipeline.sources.errors import SourceError

# Below this the inverter sleeps: in a year of a French home's PV, 30 % and more of the values are empty up to
# here, and 3 %, the share of true gaps, well above.
SLEEP_BELOW_DEGREES = 5.0


def zero_at_night(values: pl.DataFrame, resolution: timedelta, sensor: Sensor) -> pl.DataFrame:
    """Empty values become 0 where the sun is lower than 5° in the middle of the step; by day they stay empty.

    Raises SourceError for a sensor without a location.
    """
    if sensor.latitude is None or sensor.longitude is None:
        raise SourceError("source.empty", "zero-at-night", "needs a location on the sensor's site")
    if not values["value"].null_count():
        return values
    import pandas as pd
    import pvlib

    middle = pd.DatetimeIndex((values["event_start"] + resolution / 2).to_numpy(), tz="UTC")
    sun = pvlib.solarposition.get_solarposition(middle, sensor.latitude, sensor.longitude)
    night = pl.Series(sun["apparent_elevation"].to_numpy() < SLEEP_BELOW_DEGREES)
    return values.with_columns(
        pl.when(night & pl.col("value").is_null()).then(0.0).otherwise(pl.col("value")).alias("value")
    )
