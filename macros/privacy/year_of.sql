{#- The year of a date: all of a date that Safe Harbor lets pass. -#}
{% macro year_of(column) -%}
    cast(extract(year from {{ column }}) as integer)
{%- endmacro %}
