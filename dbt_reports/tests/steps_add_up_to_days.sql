with days as (
    select
        site_id,
        date,
        energy_cost,
        baseline_energy_cost
    from {{ ref('site_cost_daily') }}
    where {{ in_selected_dates('date') }}
),

steps as (
    select
        site_id,
        date,
        sum(energy_cost) as energy_cost,
        sum(baseline_energy_cost) as baseline_energy_cost
    from {{ ref('connection_step') }}
    where {{ in_selected_dates('date') }}
    group by site_id, date
)

select
    steps.site_id,
    steps.date,
    steps.energy_cost,
    days.energy_cost as energy_cost_of_the_day
from steps
full outer join days using (site_id, date)
where
    days.energy_cost is null
    or steps.energy_cost is null
    or abs(steps.energy_cost - days.energy_cost) > 0.005
    or abs(steps.baseline_energy_cost - days.baseline_energy_cost) > 0.005
