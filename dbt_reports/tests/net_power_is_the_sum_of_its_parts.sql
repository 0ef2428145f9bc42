with headroom as (
    select * from {{ ref('headroom') }}
    where {{ in_selected_dates('date') }}
),

devices as (
    select
        steps.run_id,
        steps.event_start,
        sum(steps.power_kw) as power_kw,
        sum(steps.baseline_power_kw) as baseline_power_kw
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_device_steps') }} as steps using (run_id)
    group by steps.run_id, steps.event_start
),

summed as (
    select
        plans.site_id,
        steps.event_start,
        steps.baseline_net_power_kw,
        steps.inflexible_consumption_kw - steps.inflexible_production_kw
        + coalesce(devices.power_kw, 0) as summed_kw,
        steps.inflexible_consumption_kw - steps.inflexible_production_kw
        + coalesce(devices.baseline_power_kw, 0) as summed_baseline_kw
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_site_steps') }} as steps using (run_id)
    left join devices using (run_id, event_start)
)

select * from headroom
inner join summed using (site_id, event_start)
where
    abs(headroom.net_power_kw - summed.summed_kw) > 1e-5
    or abs(summed.baseline_net_power_kw - summed.summed_baseline_kw) > 1e-5
