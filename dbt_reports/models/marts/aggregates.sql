with sums as (
    select * from {{ source('flex', 'aggregate') }}
),

weights as (
    select * from {{ source('flex', 'aggregate_weight') }}
),

sensors as (
    select * from {{ source('flex', 'sensor') }}
),

days as (
    {{ selected_dates(ref('stg_reading_days')) }}
),

steps as (
    select
        sums.name,
        sums.site_id,
        sums.unit,
        sums.constant,
        sums.resolution,
        days.date,
        steps.event_start
    from sums
    cross join days
    cross join lateral generate_series(
        cast(days.date as timestamp) at time zone sums.timezone,
        (cast(days.date + 1 as timestamp) at time zone sums.timezone) - sums.resolution,
        sums.resolution
    ) as steps (event_start)
),

parts as (
    select
        steps.name,
        steps.event_start,
        sum(weights.weight * beliefs.value) as weighted,
        count(*) as n_sensors,
        count(beliefs.value) as n_known
    from steps
    inner join weights using (name)
    inner join sensors on weights.sensor = sensors.name
    left join {{ ref('stg_beliefs') }} as beliefs
        on
            sensors.name = beliefs.sensor
            and steps.event_start >= beliefs.event_start
            and steps.event_start < beliefs.event_start + sensors.resolution
    group by steps.name, steps.event_start
)

select
    steps.name,
    steps.site_id,
    steps.date,
    steps.event_start,
    steps.event_start + steps.resolution as event_end,
    steps.constant + parts.weighted as value,
    steps.unit
from steps
inner join parts using (name, event_start)
where parts.n_known = parts.n_sensors
