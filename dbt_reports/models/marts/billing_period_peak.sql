{{ config(materialized='view', indexes=[]) }}

with costs as (
    select
        site_id,
        commodity,
        date,
        cost,
        baseline_cost,
        realised_cost
    from {{ ref('cost_component_daily') }}
    where component = 'peak'
)

select
    days.site_id,
    days.commodity,
    days.billing_period,
    cast(count(*) as integer) as days,
    max(days.peak_consumption_kw) as peak_consumption_kw,
    max(days.baseline_peak_consumption_kw) as baseline_peak_consumption_kw,
    max(days.realised_peak_consumption_kw) as realised_peak_consumption_kw,
    max(days.peak_production_kw) as peak_production_kw,
    sum(costs.cost) as cost,
    sum(costs.baseline_cost) as baseline_cost,
    sum(costs.realised_cost) as realised_cost
from {{ ref('commodity_cost_daily') }} as days
inner join costs using (site_id, commodity, date)
where days.billing_period is not null
group by days.site_id, days.commodity, days.billing_period
