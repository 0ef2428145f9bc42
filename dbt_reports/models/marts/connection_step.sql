with steps as (
    select * from {{ ref('int_connection_step_costs') }}
),

outcomes as (
    select * from {{ ref('stg_site_outcomes') }}
),

flows as (
    select * from {{ ref('int_device_flows') }}
),

joined as (
    select
        steps.*,
        outcomes.consumption_price_per_kwh as realised_consumption_price_per_kwh,
        outcomes.production_price_per_kwh as realised_production_price_per_kwh,
        outcomes.consumption_emissions_kg_per_kwh as realised_consumption_emissions_kg_per_kwh,
        outcomes.production_emissions_kg_per_kwh as realised_production_emissions_kg_per_kwh,
        outcomes.inflexible_consumption_kw - outcomes.inflexible_production_kw
        + coalesce(flows.consumption_kw - flows.production_kw, 0) as as_planned_net_power_kw,
        steps.inflexible_consumption_kw + coalesce(flows.consumption_kw, 0) as consumption_kw,
        steps.inflexible_production_kw + coalesce(flows.production_kw, 0) as production_kw,
        steps.inflexible_consumption_kw + coalesce(flows.baseline_consumption_kw, 0) as baseline_consumption_kw,
        steps.inflexible_production_kw + coalesce(flows.baseline_production_kw, 0) as baseline_production_kw,
        outcomes.inflexible_consumption_kw + coalesce(flows.realised_consumption_kw, 0) as realised_consumption_kw,
        outcomes.inflexible_production_kw + coalesce(flows.realised_production_kw, 0) as realised_production_kw
    from steps
    left join outcomes using (site_id, commodity, event_start)
    left join flows using (site_id, commodity, event_start)
)

select
    site_id,
    commodity,
    date,
    event_start,
    event_end,
    consumption_price_per_kwh,
    production_price_per_kwh,
    consumption_kw,
    production_kw,
    net_power_kw,
    energy_cost,
    baseline_consumption_kw,
    baseline_production_kw,
    baseline_net_power_kw,
    baseline_energy_cost,
    realised_consumption_price_per_kwh,
    realised_production_price_per_kwh,
    realised_consumption_kw,
    realised_production_kw,
    realised_consumption_kw - realised_production_kw as realised_net_power_kw,
    step_hours * {{ price_of(
        'realised_consumption_kw - realised_production_kw',
        'realised_consumption_price_per_kwh',
        'realised_production_price_per_kwh'
    ) }} as realised_energy_cost,
    step_hours * {{ price_of(
        'as_planned_net_power_kw',
        'realised_consumption_price_per_kwh',
        'realised_production_price_per_kwh'
    ) }} as as_planned_energy_cost,
    emissions_kg,
    baseline_emissions_kg,
    step_hours * {{ emitted_by('realised_consumption_kw - realised_production_kw', of='realised_') }} as realised_emissions_kg
from joined
-- as in device_step
order by site_id, commodity, event_start
