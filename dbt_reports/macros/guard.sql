{# Let readers see the rows of their accounts, by its columns sensor_id, sensor, device_id, site_id and run_id;
   a model with none of them stays closed to readers. -#}
{% macro guard() -%}
    select flex.guard('{{ this.include(database=false) }}')
{%- endmacro %}
