{# The length of a step in hours. -#}
{% macro step_hours() -%}
    cast(extract(epoch from event_end - event_start) as double precision) / 3600
{%- endmacro %}
