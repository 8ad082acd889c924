{#- What is left of a weight of 1 after so many days: half of it after each half-life (var `half_life_days`). -#}
{% macro time_decay(age_days) -%}
    cast(power(0.5, cast({{ age_days }} as numeric(18, 6)) / {{ var('half_life_days') }}) as numeric(18, 10))
{%- endmacro %}
