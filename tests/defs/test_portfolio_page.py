"""The asset that shows all sites of a day."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta

import dagster as dg
import pytest

from flex_pipeline.definitions import build_defs
from flex_pipeline.defs import partitions, portfolio_page, summary
from flex_pipeline.defs.resources import PipelineResource, WarehouseResource
from flex_pipeline.plots.style import money
from tests.dbt_reports.plans import Reports
from tests.filled import TODAY, filled

__all__ = ["filled"]

YESTERDAY = TODAY - timedelta(days=1)
Materialise = Callable[[date, date], dict[str, dg.AssetMaterialization]]


@pytest.fixture
def materialise(filled: Reports, monkeypatch: pytest.MonkeyPatch) -> Materialise:
    monkeypatch.setattr(WarehouseResource, "connection", property(lambda _: filled.connection))

    def run(first: date, last: date) -> dict[str, dg.AssetMaterialization]:
        result = dg.materialize(
            portfolio_page.assets,
            instance=dg.DagsterInstance.ephemeral(),
            tags=partitions.between(first.isoformat(), last.isoformat()),
            resources={"pipeline": PipelineResource(warehouse=WarehouseResource())},
        )
        return {m.partition or "": m for m in result.asset_materializations_for_node("portfolio_page")}

    return run


def records(told: dg.AssetMaterialization) -> list[dict[str, object]]:
    table = told.metadata["sites"]
    assert isinstance(table, dg.TableMetadataValue)
    return [dict(record.data) for record in table.records]


def test_a_site_has_its_money_its_newest_regret_and_its_worst_forecast(
    filled: Reports, materialise: Materialise
) -> None:
    told = materialise(TODAY, TODAY)[TODAY.isoformat()]
    (home,) = records(told)  # the mill is in no portfolio any more
    ((cost, saving, co2),) = filled.rows(f"""
        select sum(cost), sum(baseline_cost) - sum(cost), saving_kg
        from reports.cost_component_daily join reports.emissions_daily using (site_id, date)
        where site_id = 'home-01' and date = '{TODAY}' group by saving_kg
    """)
    ((regret,),) = filled.rows(f"select regret from reports.regret_daily where date = '{YESTERDAY}'")
    assert home == {
        "site": "home-01",
        "status": "optimal",
        "cost": money(cost, "EUR"),
        "saving": money(saving, "EUR"),
        "CO2 saving": money(co2, "kg"),
        "regret": f"{money(regret, 'EUR')} ({YESTERDAY})",
        "blocked": "0",
        "worst forecast": f"0.67 x a week ago: home-01.load ({YESTERDAY})",  # 0.2 against 0.3 kW
    }
    assert told.metadata["cost_EUR"].value == pytest.approx(cost)
    assert str(told.metadata["plot"].value).startswith(f"![sites on {TODAY}](data:image/png;base64,")


def test_of_many_days_the_last_are_drawn_and_the_others_say_how(
    materialise: Materialise, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(portfolio_page, "MOST_PICTURES", 1)
    told = materialise(YESTERDAY, TODAY)
    plots = [str(told[day.isoformat()].metadata["plot"].value) for day in (YESTERDAY, TODAY)]
    assert plots[0] == f"`flex-pipeline report --from {YESTERDAY} --to {YESTERDAY}`"
    assert plots[1].startswith("![sites on")


def test_of_many_sites_those_are_drawn_that_cost_most_and_the_page_says_so(
    materialise: Materialise, monkeypatch: pytest.MonkeyPatch
) -> None:
    found = portfolio_page.sites_on
    monkeypatch.setattr(portfolio_page, "sites_on", lambda engine, day: 3 * list(found(engine, day)))
    monkeypatch.setattr(portfolio_page, "MOST_SITES", 2)
    told = materialise(TODAY, TODAY)[TODAY.isoformat()]
    assert told.metadata["plot_shows"].value == "the 2 of 3 sites that cost or saved most"


def test_a_day_without_plans_has_no_site_and_no_picture(materialise: Materialise) -> None:
    empty = TODAY - timedelta(days=3)
    told = materialise(empty, empty)[empty.isoformat()]
    assert told.metadata["number_of_sites"].value == 0
    assert "plot" not in told.metadata


def test_the_page_is_made_with_the_reports_and_after_those_it_reads() -> None:
    definitions = build_defs()
    assert dg.AssetKey("portfolio_page") in summary.report_keys(definitions)
    job = definitions.resolve_job_def("reports")
    assert dg.AssetKey("portfolio_page") in job.asset_layer.selected_asset_keys
    parents = definitions.resolve_asset_graph().get(dg.AssetKey("portfolio_page")).parent_keys
    assert {dg.AssetKey(["reports", name]) for name in ("cost_component_daily", "regret_daily")} <= parents
