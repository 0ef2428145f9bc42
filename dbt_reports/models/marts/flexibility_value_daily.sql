select
    plans.site_id,
    plans.date,
    prices.component,
    prices.family,
    prices.unit,
    cast(count(*) as integer) as binding_steps,
    sum(prices.value) as value,
    max(prices.value) as highest_value
from {{ ref('stg_plans') }} as plans
inner join {{ ref('stg_shadow_prices') }} as prices using (run_id)
group by plans.site_id, plans.date, prices.component, prices.family, prices.unit
