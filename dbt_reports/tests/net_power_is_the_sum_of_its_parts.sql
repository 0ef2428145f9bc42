with reported as (
    select
        *,
        'electricity' as commodity
    from {{ ref('headroom') }}
    where {{ in_selected_dates('date') }}
),

devices as (
    select
        run_id,
        days.commodity,
        steps.event_start,
        sum(steps.power_kw) as power_kw,
        sum(steps.baseline_power_kw) as baseline_power_kw
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_device_days') }} as days using (run_id)
    inner join {{ ref('stg_device_steps') }} as steps using (run_id, device_id)
    group by run_id, days.commodity, steps.event_start
),

summed as (
    select
        plans.site_id,
        steps.commodity,
        steps.event_start,
        steps.net_power_kw,
        steps.baseline_net_power_kw,
        steps.inflexible_consumption_kw - steps.inflexible_production_kw
        + coalesce(devices.power_kw, 0) as summed_kw,
        steps.inflexible_consumption_kw - steps.inflexible_production_kw
        + coalesce(devices.baseline_power_kw, 0) as summed_baseline_kw
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('int_connection_steps') }} as steps using (run_id)
    left join devices using (run_id, commodity, event_start)
)

select * from summed
left join reported using (site_id, commodity, event_start)
where
    abs(coalesce(reported.net_power_kw, summed.net_power_kw) - summed.summed_kw) > 1e-5
    or abs(summed.baseline_net_power_kw - summed.summed_baseline_kw) > 1e-5
