with days as (
    select
        site_id,
        date,
        bool_and(realised_emissions_kg is not null) as is_measured,
        sum(emissions_kg) as emissions_kg,
        sum(baseline_emissions_kg) as baseline_emissions_kg,
        sum(realised_emissions_kg) as realised_emissions_kg
    from {{ ref('connection_step') }}
    where
        emissions_kg is not null
        and {{ in_selected_dates('date') }}
    group by site_id, date
)

select
    site_id,
    date,
    emissions_kg,
    baseline_emissions_kg,
    baseline_emissions_kg - emissions_kg as saving_kg,
    case when is_measured then realised_emissions_kg end as realised_emissions_kg
from days
