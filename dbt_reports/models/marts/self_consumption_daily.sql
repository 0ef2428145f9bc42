with steps as (
    select
        *,
        {{ step_hours() }} as step_hours
    from {{ ref('site_step') }}
    where {{ in_selected_dates('date') }}
),

ways as (
    select
        steps.site_id,
        steps.date,
        flows.way,
        sum(steps.step_hours * flows.consumption_kw) as consumed_kwh,
        sum(steps.step_hours * flows.production_kw) as produced_kwh,
        sum(steps.step_hours * least(flows.consumption_kw, flows.production_kw)) as own_use_kwh
    from steps
    cross join lateral (
        values
        ('planned', steps.consumption_kw, steps.production_kw),
        ('no flexibility', steps.baseline_consumption_kw, steps.baseline_production_kw),
        ('realised', steps.realised_consumption_kw, steps.realised_production_kw)
    ) as flows (way, consumption_kw, production_kw)
    group by steps.site_id, steps.date, flows.way
    having bool_and(flows.consumption_kw is not null and flows.production_kw is not null)
)

select
    site_id,
    date,
    way,
    consumed_kwh,
    produced_kwh,
    own_use_kwh,
    own_use_kwh / nullif(produced_kwh, 0) as self_consumption,
    own_use_kwh / nullif(consumed_kwh, 0) as self_sufficiency
from ways
