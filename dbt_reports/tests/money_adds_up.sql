-- cp·(C - P)⁺ - pp·(P - C)⁺ = cp·C - pp·P - (cp - pp)·min(C, P), with consumption C and production P before netting,
-- of each commodity
with sites as (
    select
        site_id,
        date,
        energy_cost
    from {{ ref('site_cost_daily') }}
    where {{ in_selected_dates('date') }}
),

devices as (
    select
        site_id,
        date,
        sum(energy_cost) as energy_cost
    from {{ ref('device_energy_daily') }}
    where {{ in_selected_dates('date') }}
    group by site_id, date
),

device_flows as (
    select
        run_id,
        days.commodity,
        steps.event_start,
        sum(greatest(steps.power_kw, 0)) as consumption_kw,
        sum(greatest(-steps.power_kw, 0)) as production_kw
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_device_days') }} as days using (run_id)
    inner join {{ ref('stg_device_steps') }} as steps using (run_id, device_id)
    group by run_id, days.commodity, steps.event_start
),

steps as (
    select
        plans.site_id,
        plans.date,
        steps.step_hours * (
            steps.consumption_price_per_kwh * steps.inflexible_consumption_kw
            - steps.production_price_per_kwh * steps.inflexible_production_kw
        ) as inflexible_cost,
        steps.step_hours
        * (steps.consumption_price_per_kwh - steps.production_price_per_kwh)
        * least(
            steps.inflexible_consumption_kw + coalesce(device_flows.consumption_kw, 0),
            steps.inflexible_production_kw + coalesce(device_flows.production_kw, 0)
        ) as netting_gain
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('int_connection_steps') }} as steps using (run_id)
    left join device_flows using (run_id, commodity, event_start)
),

fixed as (
    select
        site_id,
        date,
        sum(inflexible_cost) as inflexible_cost,
        sum(netting_gain) as netting_gain
    from steps
    group by site_id, date
)

select
    sites.site_id,
    sites.date,
    sites.energy_cost,
    devices.energy_cost as device_cost,
    fixed.inflexible_cost,
    fixed.netting_gain
from sites
left join fixed using (site_id, date)
left join devices using (site_id, date)
where
    fixed.netting_gain is null
    or abs(
        coalesce(devices.energy_cost, 0) + fixed.inflexible_cost - fixed.netting_gain - sites.energy_cost
    ) > 0.005
