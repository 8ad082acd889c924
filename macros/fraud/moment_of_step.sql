{#- When an hour starts, as the first one starts the day that the var `paysim_first_day` names: PaySim has no calendar. -#}
{% macro moment_of_step(step) -%}
    {%- set first = "cast('" ~ var('paysim_first_day') ~ "' as timestamp)" -%}
    cast({{ dbt.dateadd('hour', '(' ~ step ~ ' - 1)', first) }} as timestamp)
{%- endmacro %}
