{#- The day of a date or timestamp, also of one that is still text such as 2021-05-31T09:30:00Z. -#}
{% macro day_of(column) -%}
    cast(cast({{ column }} as timestamp) as date)
{%- endmacro %}
