{#- The day of an hour, both counted from 1: step 24 is the last of day 1. -#}
{% macro day_of_step(step) -%}
    cast(floor(({{ step }} - 1) / 24.0) + 1 as integer)
{%- endmacro %}
