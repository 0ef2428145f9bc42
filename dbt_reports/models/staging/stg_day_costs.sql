select
    costs.run_id,
    costs.way,
    costs.commodity,
    components.component,
    components.cost
from {{ source('flex', 'day_cost') }} as costs
cross join lateral (
    values
    ('peak', costs.peak_cost),
    ('breach', costs.breach_cost),
    ('commitment', costs.commitment_cost),
    ('wear', costs.wear_cost),
    ('emissions', costs.emissions_cost)
) as components (component, cost)
