"""Models in the warehouse: trained once, as of when they were due; compared, refused if changed, replaced for drift."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, datetime, timedelta
from pathlib import Path

import numpy as np
import polars as pl
import pytest
from sqlalchemy import Engine, text

from flex_pipeline.forecasting.contest import Decision
from flex_pipeline.planning import configuration, model_training
from flex_pipeline.planning.forecasts import ForecastDesk, Forecasted
from flex_pipeline.planning.recreation import recreate_forecast_inputs
from flex_pipeline.portfolio.portfolio import Portfolio
from flex_pipeline.portfolio.retention import Retention
from flex_pipeline.warehouse.beliefs import store_readings
from flex_pipeline.warehouse.portfolios import store_portfolio
from flex_pipeline.warehouse.retention import expire_models
from tests.planning.homes import DAY, HOME, HOUR, MIDNIGHT, NOW, SETTINGS, know, rows

ONE_DAY = timedelta(days=1)
METERED = HOME.replace('{day-ahead: "06:00"}', "{delay: PT0H}") % {"site": "a", "soc_kwh": 2}
TRAININGS = """
    select trained_as_of, occasion, champion_id is null, decision from flex.trained_model order by 1, model_id
"""
DUE = datetime.fromisoformat("2025-06-09T11:15Z")  # DAY is a Tuesday


@pytest.fixture
def portfolio(tmp_path: Path, warehouse: Engine) -> Portfolio:
    """A home whose load is metered; its prices are known."""
    return with_site(tmp_path, warehouse, METERED)


def with_site(folder: Path, warehouse: Engine, site: str, settings: str = SETTINGS) -> Portfolio:
    (folder / "portfolio.yaml").write_text(settings)
    (folder / "a.yaml").write_text(site)
    portfolio = configuration.load(folder)
    with warehouse.begin() as session:
        store_portfolio(session, portfolio)
    know(warehouse, "price", [50.0] * 24 * 30, MIDNIGHT, MIDNIGHT - 2 * ONE_DAY)
    return portfolio


def measure(warehouse: Engine, first: int, last: int, level: float = 0.0, sensor: str = "a.load") -> None:
    """Hourly readings of the days [first, last) since DAY, each known when it is over: a week's rhythm and noise."""
    hours = range(24 * first, 24 * last)
    noise = np.random.default_rng(abs(first)).normal(0, 0.2, len(hours))
    values = [level + (3.0 if hour % 24 > 17 else 1.0) + (hour // 24 % 7 > 4) for hour in hours]
    starts = [MIDNIGHT + hour * HOUR for hour in hours]
    frame = pl.DataFrame(
        {
            "sensor": sensor,
            "event_start": starts,
            "belief_time": [start + HOUR for start in starts],
            "source": "meter",
            "value": np.array(values) + noise,
        },
        schema_overrides={"event_start": pl.Datetime("us", "UTC"), "belief_time": pl.Datetime("us", "UTC")},
    )
    with warehouse.begin() as session:
        store_readings(session, frame, NOW - 30 * ONE_DAY)


def forecast(warehouse: Engine, portfolio: Portfolio, day: date) -> Forecasted:
    """The forecast of the load, by a desk that remembers nothing."""
    done = ForecastDesk(warehouse, portfolio).forecast(day, NOW + 60 * ONE_DAY)
    return next(each for each in done if each.sensor == "a.load")


def beliefs(warehouse: Engine) -> Sequence[object]:
    return rows(
        warehouse, "select event_start, quantile, value from flex.belief where quantile <> 0.5 order by 1, 2"
    )


def test_a_date_is_forecast_by_the_model_of_its_week_which_is_trained_once(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    measure(warehouse, -60, 10)
    days = [DAY + i * ONE_DAY for i in (3, 0, 6)]  # in any order

    used = {forecast(warehouse, portfolio, day).model.origins.trained_as_of for day in days}

    assert used == {DUE}
    assert rows(warehouse, TRAININGS) == [(DUE, "due", True, "It is the first.")]
    assert rows(
        warehouse,
        "select ladder_step, readings, window_start, window_end, data_hash <> '', code_version ~ '^[0-9.]+[+]' "
        "from flex.trained_model",
    ) == [
        (
            "gradient boosting",
            58 * 24 + 13 + 24,
            MIDNIGHT - 60 * ONE_DAY,
            DUE - timedelta(minutes=75),
            True,
            True,
        )
    ]


def test_a_model_from_the_warehouse_forecasts_what_the_trained_one_did(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    measure(warehouse, -60, 10)
    forecast(warehouse, portfolio, DAY)
    first = beliefs(warehouse)
    with warehouse.begin() as session:
        session.execute(text("delete from flex.forecast_run"))
        session.execute(text("delete from flex.belief where quantile <> 0.5"))

    assert forecast(warehouse, portfolio, DAY).new

    assert len(rows(warehouse, TRAININGS)) == 1
    assert beliefs(warehouse) == first


@pytest.mark.parametrize(
    "tampering",
    [
        "update flex.trained_model set document = set_byte(document, 50, 7)",
        "update flex.trained_model set trained_as_of = trained_as_of + interval '1 minute'",
    ],
)
def test_a_model_that_was_tampered_with_is_refused_by_name_and_trained_again(
    warehouse: Engine, portfolio: Portfolio, tampering: str, caplog: pytest.LogCaptureFixture
) -> None:
    measure(warehouse, -60, 10)
    forecast(warehouse, portfolio, DAY)
    first = beliefs(warehouse)
    with warehouse.begin() as session:
        session.execute(text(tampering))

    done = forecast(warehouse, portfolio, DAY + 3 * ONE_DAY)

    refusal = "Model 1 of a.load, trained as of 2025-06-09 11:1"
    assert refusal in caplog.text
    assert "is refused: its document was changed after it was stored" in caplog.text
    assert done.model.model_id == 2
    assert done.model.asked.decision.startswith(refusal)
    assert len(first) > 0


@pytest.mark.parametrize("is_better", [True, False])
def test_a_new_model_is_used_only_if_it_is_better_and_the_table_says_why(
    warehouse: Engine, portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch, is_better: bool
) -> None:
    monkeypatch.setattr(model_training, "decide", lambda *_: Decision(is_better, "So it is."))
    measure(warehouse, -60, 10)
    first = forecast(warehouse, portfolio, DAY).model

    second = forecast(warehouse, portfolio, DAY + 7 * ONE_DAY).model

    assert rows(warehouse, TRAININGS) == [
        (DUE, "due", True, "It is the first."),
        (DUE + 7 * ONE_DAY, "due", is_better, "So it is."),
    ]
    assert (second.model_id != first.model_id) is is_better
    kept = rows(warehouse, "select document is not null from flex.trained_model order by model_id")
    assert kept == [(True,), (is_better,)]


def test_a_date_of_the_past_is_forecast_with_nothing_that_was_trained_later(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    measure(warehouse, -75, 40)
    forecast(warehouse, portfolio, DAY + 21 * ONE_DAY)

    done = forecast(warehouse, portfolio, DAY)

    assert done.model.origins.trained_as_of == DUE
    assert done.model.asked.decision == "It is the first."


def test_a_date_whose_model_was_forgotten_is_forecast_as_before_by_the_same_model_trained_again(
    warehouse: Engine, portfolio: Portfolio, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(model_training, "decide", lambda *_: Decision(True, "So it is."))
    measure(warehouse, -60, 10)
    first = forecast(warehouse, portfolio, DAY).model
    newer = forecast(warehouse, portfolio, DAY + 7 * ONE_DAY).model
    kept = Retention.model_validate({"superseded": "3 months"})

    assert expire_models(warehouse, kept, DAY + 270 * ONE_DAY) == 1
    assert recreate_forecast_inputs(warehouse, "a.load", DAY).is_same
    again = forecast(warehouse, portfolio, DAY)

    assert not again.new
    assert again.model.model_id > newer.model_id
    assert (again.model.origins, again.model.document) == (first.origins, first.document)
    assert forecast(warehouse, portfolio, DAY + 7 * ONE_DAY).model.model_id == newer.model_id


def test_models_are_trained_again_where_they_would_learn_from_other_values(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    measure(warehouse, -60, 1)
    models = ForecastDesk(warehouse, portfolio).models
    load = [portfolio.sensors["a.load"]]

    assert len(models.refresh(load, DUE, NOW)) == 1
    assert models.refresh(load, DUE, NOW) == []

    measure(warehouse, -90, -60)  # older readings are read
    (again,) = models.refresh(load, DUE, NOW)
    assert again.readings > 85 * 24
    assert models.read(load, DUE)["a.load"].origins.data_hash == again.origins.data_hash


def test_with_little_history_every_forecast_learns_from_all_there_is(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    measure(warehouse, -10, 10)

    used = [forecast(warehouse, portfolio, DAY + i * ONE_DAY).model for i in range(3)]

    assert [model.origins.trained_as_of for model in used] == [DUE + i * ONE_DAY for i in range(3)]
    assert {occasion for _, occasion, *_ in rows(warehouse, TRAININGS)} == {"short history"}


def test_a_model_that_drifts_is_replaced_and_not_trained_every_day(
    warehouse: Engine, portfolio: Portfolio
) -> None:
    measure(warehouse, -60, 0)
    measure(warehouse, 0, 10, level=5.0)
    before = forecast(warehouse, portfolio, DAY).model

    done = [forecast(warehouse, portfolio, DAY + i * ONE_DAY) for i in (5, 6)]

    drifts = [row for row in rows(warehouse, TRAININGS) if row[1] == "drift"]
    assert len(drifts) == 1
    assert drifts[0][0] == DUE + 5 * ONE_DAY
    assert drifts[0][3].startswith("The model in use erred by ")
    assert f"by {before.scores.mae:.3g} at its training" in drifts[0][3]
    assert done[1].model.asked.occasion == "drift"


def test_the_quantiles_of_the_settings_are_stored(tmp_path: Path, warehouse: Engine) -> None:
    settings = SETTINGS.replace(
        '{planning-time: "13:15"', '{quantiles: [0.05, 0.5, 0.75], planning-time: "13:15"'
    )
    portfolio = with_site(tmp_path, warehouse, METERED, settings)
    measure(warehouse, -30, 1)

    forecast(warehouse, portfolio, DAY)

    query = """
        select round(quantile::numeric, 2)::float, count(*)
        from flex.belief as b join flex.source as o using (source_id)
        where o.type = 'forecaster' group by 1 order by 1
    """
    assert rows(warehouse, query) == [(0.05, 24), (0.5, 24), (0.75, 24)]


COLD = np.random.default_rng(7).normal(
    0, 3, 80
)  # warm and cold days are drawn: nobody knows tomorrow's by itself
FORECAST = """
    select b.event_start, b.quantile, b.value from flex.belief as b join flex.source as o using (source_id)
    where o.type = 'forecaster' order by 1, 2
"""


def with_weather(folder: Path, warehouse: Engine) -> Portfolio:
    """A load of 10 kW and the cold, which is forecast three days ahead."""
    site = METERED.replace("kind: load,", "kind: load, regressors: {future: [a.temperature]},")
    site = site.replace(
        "sensors:\n",
        "sensors:\n  a.temperature:\n"
        "    {unit: degC, resolution: PT1H, kind: temperature, source: {simulated: temperature}}\n",
    ).replace("site: a\n", "site: a\nlocation: {latitude: 52.0, longitude: 5.0}\n")
    portfolio = with_site(folder, warehouse, site)
    for day in range(-70, 2):
        begin = MIDNIGHT + day * ONE_DAY
        know(warehouse, "a.temperature", [-COLD[day]] * 24, begin, begin - 3 * ONE_DAY)
        know(warehouse, "a.load", [10.0 + COLD[day]] * 24, begin, begin + ONE_DAY)
    return portfolio


def test_a_load_follows_the_forecast_of_the_temperature_that_was_known(
    tmp_path: Path, warehouse: Engine
) -> None:
    portfolio = with_weather(tmp_path, warehouse)

    done = forecast(warehouse, portfolio, DAY)

    middle = [value for _, quantile, value in rows(warehouse, FORECAST) if quantile == 0.5]
    assert done.model.ladder_step == "gradient boosting"
    assert np.mean(middle) == pytest.approx(10.0 + COLD[0], abs=1.0)


def test_what_is_believed_later_of_a_sensor_or_its_regressors_changes_neither_model_nor_forecast(
    tmp_path: Path, warehouse: Engine
) -> None:
    portfolio = with_weather(tmp_path, warehouse)
    first, told = forecast(warehouse, portfolio, DAY).model, rows(warehouse, FORECAST)
    with warehouse.begin() as session:
        session.execute(text("truncate flex.trained_model cascade"))
        forecasters = "select source_id from flex.source where type = 'forecaster'"
        session.execute(text(f"delete from flex.belief where source_id in ({forecasters})"))
    for sensor in ("a.temperature", "a.load"):  # everything is corrected, a minute after the planning
        since = MIDNIGHT - 60 * ONE_DAY
        know(warehouse, sensor, [-20.0, 35.0] * 12 * 61, since, DUE + timedelta(minutes=1))

    again = forecast(warehouse, portfolio, DAY).model

    assert again.origins == first.origins
    assert again.document == first.document
    assert rows(warehouse, FORECAST) == told
    assert len(told) == 3 * 24
