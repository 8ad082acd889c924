{#- A ratio to so many places; null where the denominator is 0. -#}
{% macro safe_divide(numerator, denominator, places=4) -%}
    cast(cast({{ numerator }} as numeric(28, 6)) / nullif({{ denominator }}, 0) as numeric(18, {{ places }}))
{%- endmacro %}
