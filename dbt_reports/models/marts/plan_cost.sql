with runs as (
    select * from {{ ref('stg_runs') }}
    where place = 1 and status <> 'blocked'
)

select
    runs.site_id,
    runs.date,
    components.component,
    components.cost,
    runs.horizon_end
from runs
cross join lateral (
    values
    ('energy', runs.energy_cost),
    ('breach', runs.breach_cost),
    ('peak', runs.peak_cost),
    ('commitment', runs.commitment_cost),
    ('wear', runs.wear_cost),
    ('stock at the end', runs.terminal_cost),
    ('plugins', runs.plugin_cost),
    ('emissions', runs.emissions_cost)
) as components (component, cost)
where components.cost is not null
