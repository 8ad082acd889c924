{#- The day that lies so many days after (before, if negative) another; the number may be a column. -#}
{% macro days_after(column, days) -%}
    cast({{ dbt.dateadd('day', days, 'cast(' ~ column ~ ' as date)') }} as date)
{%- endmacro %}
