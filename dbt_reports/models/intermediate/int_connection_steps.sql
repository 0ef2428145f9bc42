-- joined with the plans before they are put together: the server knows nothing of the values in a union
with plans as (
    select * from {{ ref('stg_plans') }}
),

electricity as (
    select
        plans.site_id,
        plans.date,
        'electricity' as commodity,
        steps.*
    from plans
    inner join {{ ref('stg_site_steps') }} as steps using (run_id)
),

others as (
    select
        plans.site_id,
        plans.date,
        steps.*
    from plans
    inner join {{ ref('stg_commodity_steps') }} as steps using (run_id)
)

select
    site_id,
    date,
    commodity,
    run_id,
    event_start,
    event_end,
    step_hours,
    consumption_price_per_kwh,
    production_price_per_kwh,
    inflexible_consumption_kw,
    inflexible_production_kw,
    net_power_kw,
    baseline_net_power_kw,
    consumption_capacity_kw,
    production_capacity_kw,
    consumption_emissions_kg_per_kwh,
    production_emissions_kg_per_kwh
from electricity
union all
select
    site_id,
    date,
    commodity,
    run_id,
    event_start,
    event_end,
    step_hours,
    consumption_price_per_kwh,
    production_price_per_kwh,
    inflexible_consumption_kw,
    inflexible_production_kw,
    net_power_kw,
    baseline_net_power_kw,
    consumption_capacity_kw,
    production_capacity_kw,
    consumption_emissions_kg_per_kwh,
    production_emissions_kg_per_kwh
from others
