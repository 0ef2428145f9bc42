with in_force as (
    select run_id from {{ source('flex', 'current_plan') }}
    where {{ in_selected_dates('date') }}
),

runs as (
    select * from {{ source('flex', 'schedule_run') }}
),

sites as (
    select * from {{ source('flex', 'site') }}
)

select
    runs.run_id,
    runs.site_id,
    runs.date,
    runs.status,
    runs.planning_time,
    sites.currency,
    sites.timezone
-- from the table once more: of what comes out of the view, the server does not know that each run is there once
from in_force
inner join runs using (run_id)
inner join sites using (site_id)
