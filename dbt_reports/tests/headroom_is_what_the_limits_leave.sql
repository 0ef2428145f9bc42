select * from {{ ref('headroom') }}
where
    {{ in_selected_dates('date') }}
    and (
        abs(consumption_headroom_kw + production_headroom_kw - consumption_capacity_kw - production_capacity_kw) > 1e-6
        or (consumption_headroom_kw is null) <> (consumption_capacity_kw is null)
        or (production_headroom_kw is null) <> (production_capacity_kw is null)
    )
