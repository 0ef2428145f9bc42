with components as (
    select
        site_id,
        commodity,
        date,
        sum(cost) as energy_cost,
        sum(baseline_cost) as baseline_energy_cost,
        sum(realised_cost) as realised_energy_cost
    from {{ ref('cost_component_daily') }}
    where component in ('energy bought', 'energy sold') and {{ in_selected_dates('date') }}
    group by site_id, commodity, date
),

days as (
    select
        site_id,
        commodity,
        date,
        energy_cost,
        baseline_energy_cost,
        realised_energy_cost
    from {{ ref('commodity_cost_daily') }}
    where {{ in_selected_dates('date') }}
)

select
    days.*,
    components.energy_cost as components_cost
from days
left join components using (site_id, commodity, date)
where
    components.energy_cost is null
    or abs(components.energy_cost - days.energy_cost) > 0.005
    or abs(components.baseline_energy_cost - days.baseline_energy_cost) > 0.005
    or (components.realised_energy_cost is null) <> (days.realised_energy_cost is null)
    or abs(components.realised_energy_cost - days.realised_energy_cost) > 0.005
