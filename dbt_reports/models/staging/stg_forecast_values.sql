select
    run_id,
    planned_cost,
    perfect_cost,
    followed_energy_cost,
    departed_kwh,
    horizon_end
from {{ source('flex', 'forecast_value') }}
where
    reason is null
    and {{ in_selected_dates('date') }}
