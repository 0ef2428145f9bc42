{# What a net power costs per hour: bought at the one price, sold at the other; empty where that one is. -#}
{% macro price_of(
    net_power_kw, consumption_price='consumption_price_per_kwh', production_price='production_price_per_kwh'
) -%}
    (
        case when {{ net_power_kw }} > 0 then {{ consumption_price }} else {{ production_price }} end
        * ({{ net_power_kw }})
    )
{%- endmacro %}
