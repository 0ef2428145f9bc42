with besides as (
    select
        plans.site_id,
        plans.date,
        costs.way,
        sum(
            costs.peak_cost + costs.breach_cost + costs.commitment_cost + costs.wear_cost + costs.emissions_cost
        ) as cost
    from {{ ref('stg_plans') }} as plans
    inner join {{ source('flex', 'day_cost') }} as costs using (run_id)
    group by plans.site_id, plans.date, costs.way
),

days as (
    select
        sites.site_id,
        sites.date,
        ways.*
    from {{ ref('site_cost_daily') }} as sites
    cross join lateral (
        values
        ('planned', sites.energy_cost, sites.total_cost),
        ('no flexibility', sites.baseline_energy_cost, sites.baseline_total_cost),
        ('realised', sites.realised_energy_cost, sites.realised_total_cost)
    ) as ways (way, energy_cost, total_cost)
    where {{ in_selected_dates('sites.date') }}
)

select
    days.*,
    besides.cost as cost_besides
from days
left join besides using (site_id, date, way)
where
    (days.total_cost is null) <> (days.energy_cost is null or besides.cost is null)
    or abs(days.energy_cost + besides.cost - days.total_cost) > 0.005
