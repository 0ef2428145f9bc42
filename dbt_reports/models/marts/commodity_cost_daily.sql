select
    site_id,
    commodity,
    date,
    sum(bought_kwh) as energy_bought_kwh,
    sum(sold_kwh) as energy_sold_kwh,
    sum(energy_cost) as energy_cost,
    sum(baseline_energy_cost) as baseline_energy_cost,
    max(greatest(net_power_kw, 0)) as peak_consumption_kw,
    max(greatest(baseline_net_power_kw, 0)) as baseline_peak_consumption_kw,
    max(greatest(-net_power_kw, 0)) as peak_production_kw
from {{ ref('int_connection_step_costs') }}
group by site_id, commodity, date
