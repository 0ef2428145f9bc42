{{ config(materialized='view', indexes=[]) }}

with newest as (
    select
        sensors.sensor_id,
        sensors.name as sensor,
        sensors.kind,
        sensors.resolution,
        beliefs.event_start + sensors.resolution as read_until
    from {{ source('flex', 'sensor') }} as sensors
    left join lateral (
        select beliefs.event_start
        from {{ source('flex', 'belief') }} as beliefs
        inner join {{ source('flex', 'source') }} as sources using (source_id)
        where
            beliefs.sensor_id = sensors.sensor_id
            and sources.type = 'reading'
        order by beliefs.event_start desc
        limit 1
    ) as beliefs on true
    where sensors.active
)

select
    sensor_id,
    sensor,
    kind,
    read_until,
    cast(
        greatest(floor(extract(epoch from now() - read_until) / extract(epoch from resolution)), 0) as bigint
    ) as missed_steps
from newest
