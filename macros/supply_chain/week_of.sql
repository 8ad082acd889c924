{#- The Monday of a moment's week. -#}
{% macro week_of(column) -%}
    cast({{ dbt.date_trunc('week', column) }} as date)
{%- endmacro %}
