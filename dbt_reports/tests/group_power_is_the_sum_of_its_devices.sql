with reported as (
    select
        plans.run_id,
        headroom.*
    from {{ ref('group_headroom') }} as headroom
    inner join {{ ref('stg_plans') }} as plans using (site_id, date)
    where {{ in_selected_dates('headroom.date') }}
),

summed as (
    select
        run_id,
        members.group_name,
        steps.event_start,
        sum(steps.power_kw) as power_kw
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_group_members') }} as members using (run_id)
    inner join {{ ref('stg_device_steps') }} as steps using (run_id, device_id)
    group by run_id, members.group_name, steps.event_start
)

select * from reported
left join summed using (run_id, group_name, event_start)
where abs(reported.net_power_kw - coalesce(summed.power_kw, 0)) > 1e-5
