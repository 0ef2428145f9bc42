-- Device powers and fixed flows, added up by another way than the solver's, are the net power at the connection.
with devices as (
    select
        run_id,
        event_start,
        sum(power_kw) as power_kw,
        sum(baseline_power_kw) as baseline_power_kw
    from {{ source('flex', 'schedule') }}
    group by run_id, event_start
),

steps as (
    select
        plans.site_id,
        steps.event_start,
        steps.net_power_kw,
        steps.baseline_net_power_kw,
        steps.inflexible_consumption_kw - steps.inflexible_production_kw + devices.power_kw as summed_kw,
        steps.inflexible_consumption_kw - steps.inflexible_production_kw + devices.baseline_power_kw
            as summed_baseline_kw
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_site_steps') }} as steps using (run_id)
    inner join devices using (run_id, event_start)
)

select * from steps
where abs(net_power_kw - summed_kw) > 1e-5 or abs(baseline_net_power_kw - summed_baseline_kw) > 1e-5
