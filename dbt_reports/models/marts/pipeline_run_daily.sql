{{ config(materialized='view', indexes=[], post_hook="revoke select on {{ this }} from flex_reader") }}

with runs as (
    select
        *,
        last_date - first_date + 1 as days
    from {{ ref('stg_pipeline_runs') }}
),

days as (
    select
        runs.*,
        cast(series.day as date) as date
    from runs
    cross join lateral generate_series(
        cast(runs.first_date as timestamp), cast(runs.last_date as timestamp), interval '1 day'
    ) as series (day)
)

select
    date,
    stage,
    cast(count(*) as integer) as runs,
    cast(count(*) filter (where status = 'failure') as integer) as failed_runs,
    cast(count(*) filter (where ended_at is null) as integer) as unfinished_runs,
    sum(seconds / days) as seconds,
    max(seconds) as longest_run_seconds,
    sum(cast(partitions as double precision) / days) as partitions,
    (array_agg(status order by created_at desc))[1] as last_status,
    max(ended_at) filter (where status = 'success') as last_success_at,
    (array_agg(failure order by created_at desc) filter (where status = 'failure'))[1] as last_failure
from days
group by date, stage
