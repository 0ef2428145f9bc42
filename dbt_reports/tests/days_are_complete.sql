-- A plan in force covers its local day from midnight to midnight: 23, 24 or 25 hours.
with days as (
    select
        plans.site_id,
        plans.date,
        sites.timezone,
        sum(steps.step_hours) as planned_hours
    from {{ ref('stg_plans') }} as plans
    inner join {{ source('flex', 'site') }} as sites using (site_id)
    inner join {{ ref('stg_site_steps') }} as steps using (run_id)
    group by plans.site_id, plans.date, sites.timezone
)

select * from days
where abs(
    planned_hours - extract(
        epoch from (cast(date + 1 as timestamp) at time zone timezone) - (cast(date as timestamp) at time zone timezone)
    ) / 3600
) > 1e-9
