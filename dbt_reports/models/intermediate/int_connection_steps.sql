with electricity as (
    select
        'electricity' as commodity,
        *
    from {{ ref('stg_site_steps') }}
)

select
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
from {{ ref('stg_commodity_steps') }}
