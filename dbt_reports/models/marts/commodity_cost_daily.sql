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
)

select
    site_id,
    commodity,
    date,
    energy_bought_kwh,
    energy_sold_kwh,
    energy_cost,
    baseline_energy_cost,
    peak_consumption_kw,
    baseline_peak_consumption_kw,
    peak_production_kw,
    case when is_measured then realised_energy_cost end as realised_energy_cost,
    case when is_measured then realised_peak_consumption_kw end as realised_peak_consumption_kw,
    case when is_measured then as_planned_energy_cost end as as_planned_energy_cost
from days
