{# Let readers see the rows of their accounts, by whichever of sensor_id, sensor, device_id, site_id and run_id the
   model has first; a model with none of them stays closed to readers. -#}
{% macro guard() -%}
    select flex.guard('{{ this.include(database=false) }}')
{%- endmacro %}
