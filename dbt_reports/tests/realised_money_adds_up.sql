-- cp·(C - P)⁺ - pp·(P - C)⁺ = cp·C - pp·P - (cp - pp)·min(C, P), with consumption C and production P before netting,
-- of each commodity
with sites as (
    select
        site_id,
        date,
        realised_energy_cost
    from {{ ref('site_cost_daily') }}
    where {{ in_selected_dates('date') }} and realised_energy_cost is not null
),

devices as (
    select
        site_id,
        commodity,
        event_start,
        sum(greatest(coalesce(metered_power_kw, power_kw), 0)) as consumption_kw,
        sum(greatest(-coalesce(metered_power_kw, power_kw), 0)) as production_kw
    from {{ ref('device_step') }}
    where {{ in_selected_dates('date') }}
    group by site_id, commodity, event_start
),

plan as (
    select
        site_id,
        commodity,
        event_start,
        {{ step_hours() }} as step_hours
    from {{ ref('connection_step') }}
    where {{ in_selected_dates('date') }}
),

steps as (
    select
        outcomes.site_id,
        outcomes.date,
        outcomes.consumption_price_per_kwh as cp,
        outcomes.production_price_per_kwh as pp,
        outcomes.inflexible_consumption_kw,
        outcomes.inflexible_production_kw,
        coalesce(devices.consumption_kw, 0) as device_consumption_kw,
        coalesce(devices.production_kw, 0) as device_production_kw,
        plan.step_hours
    from {{ ref('stg_site_outcomes') }} as outcomes
    inner join plan using (site_id, commodity, event_start)
    left join devices using (site_id, commodity, event_start)
),

parts as (
    select
        site_id,
        date,
        sum(step_hours * (cp * device_consumption_kw - pp * device_production_kw)) as device_cost,
        sum(step_hours * (cp * inflexible_consumption_kw - pp * inflexible_production_kw)) as inflexible_cost,
        sum(step_hours * (cp - pp) * least(
            inflexible_consumption_kw + device_consumption_kw, inflexible_production_kw + device_production_kw
        )) as netting_gain
    from steps
    group by site_id, date
)

select
    sites.site_id,
    sites.date,
    sites.realised_energy_cost,
    parts.device_cost,
    parts.inflexible_cost,
    parts.netting_gain
from sites
left join parts using (site_id, date)
where
    parts.netting_gain is null
    or abs(parts.device_cost + parts.inflexible_cost - parts.netting_gain - sites.realised_energy_cost) > 0.005
