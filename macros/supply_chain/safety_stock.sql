{#-
    Stock against demand and lead time that vary independently: z * sqrt(L * sigma_d^2 + d^2 * sigma_L^2), with
    demand and its spread by day, lead time and its spread in days.
-#}
{% macro safety_stock(z_score, lead_time, lead_time_spread, demand, demand_spread) -%}
    cast(
        {{ z_score }} * sqrt(
            {{ lead_time }} * power({{ demand_spread }}, 2)
            + power({{ demand }}, 2) * power({{ lead_time_spread }}, 2)
        ) as numeric(18, 2)
    )
{%- endmacro %}
