with steps as (
    select
        *,
        {{ step_hours() }} as step_hours
    from {{ ref('connection_step') }}
    where {{ in_selected_dates('date') }}
),

days as (
    select
        site_id,
        commodity,
        date,
        bool_and(realised_energy_cost is not null) as is_measured,
        sum(step_hours * greatest(net_power_kw, 0)) as energy_bought_kwh,
        sum(step_hours * greatest(-net_power_kw, 0)) as energy_sold_kwh,
        sum(energy_cost) as energy_cost,
        sum(baseline_energy_cost) as baseline_energy_cost,
        sum(realised_energy_cost) as realised_energy_cost,
        sum(as_planned_energy_cost) as as_planned_energy_cost,
        max(greatest(net_power_kw, 0)) as peak_consumption_kw,
        max(greatest(baseline_net_power_kw, 0)) as baseline_peak_consumption_kw,
        max(greatest(-net_power_kw, 0)) as peak_production_kw,
        max(greatest(realised_net_power_kw, 0)) as realised_peak_consumption_kw
    from steps
    group by site_id, commodity, date
),

periods as (
    select
        plans.site_id,
        facts.commodity,
        plans.date,
        facts.billing_period
    from {{ ref('stg_plans') }} as plans
    inner join {{ ref('stg_day_facts') }} as facts using (run_id)
    where facts.way = 'planned'
)

select
    days.site_id,
    days.commodity,
    days.date,
    days.energy_bought_kwh,
    days.energy_sold_kwh,
    days.energy_cost,
    days.baseline_energy_cost,
    days.peak_consumption_kw,
    days.baseline_peak_consumption_kw,
    days.peak_production_kw,
    case when days.is_measured then days.realised_energy_cost end as realised_energy_cost,
    case when days.is_measured then days.realised_peak_consumption_kw end as realised_peak_consumption_kw,
    case when days.is_measured then days.as_planned_energy_cost end as as_planned_energy_cost,
    periods.billing_period
from days
left join periods using (site_id, commodity, date)
