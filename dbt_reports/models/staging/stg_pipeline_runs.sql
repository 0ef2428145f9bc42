select
    dagster_run_id,
    stage,
    status,
    coalesce(first_date, cast(created_at as date)) as first_date,
    coalesce(last_date, cast(created_at as date)) as last_date,
    partitions,
    created_at,
    ended_at,
    cast(extract(epoch from ended_at - started_at) as double precision) as seconds,
    failure
from {{ source('flex', 'pipeline_run') }}
