with sites as (
    select
        site_id,
        date,
        saving
    from {{ ref('site_cost_daily') }}
    where {{ in_selected_dates('date') }}
),

savings as (
    select
        site_id,
        date,
        saving
    from {{ ref('saving_daily') }}
    where {{ in_selected_dates('date') }} and baseline = 'no flexibility'
)

select
    savings.site_id,
    savings.date,
    savings.saving,
    sites.saving as saving_of_the_site
from savings
left join sites using (site_id, date)
where sites.saving is null or abs(savings.saving - sites.saving) > 0.005
