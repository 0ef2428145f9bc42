"""What Dagster loads: workspace.yaml and [tool.dg] name this module."""

from __future__ import annotations

import warnings

import dagster as dg

# partitioned checks: the only way to keep a bad day visible as bad after a good one
warnings.filterwarnings("ignore", category=dg.PreviewWarning)
warnings.filterwarnings("ignore", category=dg.BetaWarning)


def build_defs(**resource_overrides: object) -> dg.Definitions:
    """All definitions; tests put their own resources in the place of the real ones."""
    from flex_pipeline.defs import (
        accuracy,
        automation,
        dropped_files,
        forecasting,
        hindsight,
        ingestion,
        outcomes,
        portfolio_page,
        quality,
        reporting,
        retention,
        run_notes,
        scheduling,
    )
    from flex_pipeline.defs.resources import PipelineResource, WarehouseResource

    warehouse = WarehouseResource()
    resources = {"warehouse": warehouse, "pipeline": PipelineResource(warehouse=warehouse)}
    return dg.Definitions(
        assets=[
            *ingestion.assets,
            *quality.assets,
            *forecasting.assets,
            *accuracy.assets,
            *scheduling.assets,
            *outcomes.assets,
            *hindsight.assets,
            *reporting.assets,
            *run_notes.assets,
            *portfolio_page.assets,
        ],
        asset_checks=[*quality.checks, *forecasting.checks, *scheduling.checks, *hindsight.checks],
        jobs=[*automation.jobs, *dropped_files.jobs, *retention.jobs],
        schedules=[*automation.schedules, *retention.schedules],
        sensors=[*automation.sensors, *dropped_files.sensors, *run_notes.sensors],
        resources=resources | resource_overrides,
        # one process a run: a step of its own would import everything again, 7 s of CPU each
        executor=dg.in_process_executor,
    )


defs = build_defs()
