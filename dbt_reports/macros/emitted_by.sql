{# The CO2 that a net power stands for per hour, kg: what is bought at the one intensity, what is sold at the other. -#}
{% macro emitted_by(net_power_kw, of='') -%}
    {{ price_of(net_power_kw, of ~ 'consumption_emissions_kg_per_kwh', of ~ 'production_emissions_kg_per_kwh') }}
{%- endmacro %}
