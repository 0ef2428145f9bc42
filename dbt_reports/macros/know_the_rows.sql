{# Tell the planner of the server about the rows of a range of dates, which models after this one join at once;
   those of one date more change little. -#}
{% macro know_the_rows() -%}
    {%- if model.config.materialized != 'view' and not (
        is_incremental() and var('start_date', none) and var('start_date') == var('end_date')
    ) -%}
        analyze {{ this }}
    {%- endif -%}
{%- endmacro %}
