{{ config(materialized='view', indexes=[]) }}

select
    site_id,
    cast(date_trunc('month', date) as date) as month,
    cast(count(*) as integer) as days,
    max(peak_consumption_kw) as peak_consumption_kw,
    max(baseline_peak_consumption_kw) as baseline_peak_consumption_kw,
    max(realised_peak_consumption_kw) as realised_peak_consumption_kw,
    max(peak_production_kw) as peak_production_kw
from {{ ref('site_cost_daily') }}
group by site_id, date_trunc('month', date)
