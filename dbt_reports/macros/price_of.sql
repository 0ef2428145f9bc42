{# What a net power costs per hour: bought at the one price, sold at the other. -#}
{% macro price_of(net_power_kw) -%}
    (
        consumption_price_per_kwh * greatest({{ net_power_kw }}, 0)
        - production_price_per_kwh * greatest(-{{ net_power_kw }}, 0)
    )
{%- endmacro %}
