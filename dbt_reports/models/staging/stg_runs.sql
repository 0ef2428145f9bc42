with runs as (
    select * from {{ source('flex', 'schedule_run') }}
    where {{ in_selected_dates('date') }}
)

select
    run_id,
    site_id,
    date,
    status,
    planning_time,
    belief_time,
    build_seconds,
    solve_seconds,
    gap,
    energy_cost,
    breach_cost,
    peak_cost,
    commitment_cost,
    wear_cost,
    terminal_cost,
    plugin_cost,
    emissions_cost,
    horizon_end,
    row_number() over (partition by site_id, date order by belief_time desc, run_id desc) as place
from runs
