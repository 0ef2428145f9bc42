with reported as (
    select
        site_id,
        date,
        sum(extract(epoch from event_end - event_start)) / 3600 as reported_hours
    from {{ ref('headroom') }}
    where {{ in_selected_dates('date') }}
    group by site_id, date
),

days as (
    select
        site_id,
        date,
        extract(
            epoch from (cast(date + 1 as timestamp) at time zone timezone)
            - (cast(date as timestamp) at time zone timezone)
        ) / 3600 as hours
    from {{ ref('stg_plans') }}
    where status <> 'blocked'
)

select
    days.site_id,
    days.date,
    days.hours,
    reported.reported_hours
from days
left join reported using (site_id, date)
where coalesce(reported.reported_hours, 0) <> days.hours
