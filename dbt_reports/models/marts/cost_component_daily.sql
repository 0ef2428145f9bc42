with steps as (
    select
        *,
        realised_net_power_kw > 0 as is_realised_bought
    from {{ ref('connection_step') }}
    where {{ in_selected_dates('date') }}
),

days as (
    select
        site_id,
        commodity,
        date,
        bool_and(realised_energy_cost is not null) as is_measured,
        coalesce(sum(energy_cost) filter (where net_power_kw > 0), 0) as bought,
        coalesce(sum(energy_cost) filter (where net_power_kw <= 0), 0) as sold,
        coalesce(sum(baseline_energy_cost) filter (where baseline_net_power_kw > 0), 0) as baseline_bought,
        coalesce(sum(baseline_energy_cost) filter (where baseline_net_power_kw <= 0), 0) as baseline_sold,
        coalesce(sum(realised_energy_cost) filter (where is_realised_bought), 0) as realised_bought,
        coalesce(sum(realised_energy_cost) filter (where not is_realised_bought), 0) as realised_sold
    from steps
    group by site_id, commodity, date
),

other_costs as (
    select
        plans.site_id,
        plans.date,
        costs.commodity,
        costs.component,
        sum(costs.cost) filter (where costs.way = 'planned') as cost,
        sum(costs.cost) filter (where costs.way = 'no flexibility') as baseline_cost,
        sum(costs.cost) filter (where costs.way = 'realised') as realised_cost
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_day_costs') }} as costs using (run_id)
    group by plans.site_id, plans.date, costs.commodity, costs.component
),

components as (
    select
        days.site_id,
        days.commodity,
        days.date,
        energy.component,
        energy.cost,
        energy.baseline_cost,
        energy.realised_cost
    from days
    cross join lateral (
        values
        ('energy bought', days.bought, days.baseline_bought, days.realised_bought),
        ('energy sold', days.sold, days.baseline_sold, days.realised_sold)
    ) as energy (component, cost, baseline_cost, realised_cost)
    union all
    select
        site_id,
        commodity,
        date,
        component,
        cost,
        baseline_cost,
        realised_cost
    from other_costs
)

select
    components.site_id,
    components.commodity,
    components.date,
    components.component,
    components.cost,
    components.baseline_cost,
    case when days.is_measured then components.realised_cost end as realised_cost
from components
inner join days using (site_id, commodity, date)
