with plans as (
    select * from {{ source('flex', 'current_plan') }}
    where {{ in_selected_dates('date') }}
),

sites as (
    select * from {{ source('flex', 'site') }}
)

select
    plans.run_id,
    plans.site_id,
    plans.date,
    plans.status,
    plans.planning_time,
    sites.currency,
    sites.timezone
from plans
inner join sites using (site_id)
