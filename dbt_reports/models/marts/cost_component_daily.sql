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
)

select
    days.site_id,
    days.commodity,
    days.date,
    components.component,
    components.cost,
    components.baseline_cost,
    case when days.is_measured then components.realised_cost end as realised_cost
from days
cross join lateral (
    values
    ('energy bought', days.bought, days.baseline_bought, days.realised_bought),
    ('energy sold', days.sold, days.baseline_sold, days.realised_sold)
) as components (component, cost, baseline_cost, realised_cost)
