{# The local dates a run is about; without them, all. -#}
{% macro in_selected_dates(column) -%}
    {%- if var('start_date', none) -%}
        {{ column }} between cast('{{ var("start_date") }}' as date) and cast('{{ var("end_date") }}' as date)
    {%- else -%}
        true
    {%- endif -%}
{%- endmacro %}

{# Make room for the selected dates, which are inserted anew. -#}
{% macro delete_selected_dates() -%}
    {% if is_incremental() %}delete from {{ this }} where {{ in_selected_dates('date') }}{% endif %}
{%- endmacro %}
