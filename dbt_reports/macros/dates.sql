{# The local dates a run is about; without them, all. -#}
{% macro in_selected_dates(column) -%}
    {%- if var('start_date', none) -%}
        {{ column }} between cast('{{ var("start_date") }}' as date) and cast('{{ var("end_date") }}' as date)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The instants of those dates, in whichever time zone, and some beyond. -#}
{% macro near_selected_dates(column) -%}
    {%- if var('start_date', none) -%}
        {{ column }} >= cast('{{ var("start_date") }}' as timestamp) at time zone 'UTC' - interval '1 day'
        and {{ column }} < cast('{{ var("end_date") }}' as timestamp) at time zone 'UTC' + interval '2 days'
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# The same dates as rows; without any, those of a relation. -#}
{% macro selected_dates(relation) -%}
    {%- if var('start_date', none) -%}
        select cast(generate_series(
            cast('{{ var("start_date") }}' as timestamp), cast('{{ var("end_date") }}' as timestamp), interval '1 day'
        ) as date) as date
    {%- else -%}
        select distinct date from {{ relation }}
    {%- endif -%}
{%- endmacro %}

{# Make room for the selected dates, which are inserted anew. -#}
{% macro delete_selected_dates() -%}
    {% if is_incremental() %}delete from {{ this }} where {{ in_selected_dates('date') }}{% endif %}
{%- endmacro %}
