{{ config(materialized='view', indexes=[]) }}

select
    site_id,
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
    realised_net_power_kw,
    realised_energy_cost
from {{ ref('connection_step') }}
where commodity = 'electricity'
