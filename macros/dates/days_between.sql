{#- Days from one moment's day to another's: 0 on the same day, whatever the hours. -#}
{% macro days_between(from_column, to_column) %}
    {{- return(adapter.dispatch('days_between')(from_column, to_column)) -}}
{% endmacro %}

{% macro default__days_between(from_column, to_column) -%}
    {{ dbt.datediff('cast(' ~ from_column ~ ' as date)', 'cast(' ~ to_column ~ ' as date)', 'day') }}
{%- endmacro %}

{% macro duckdb__days_between(from_column, to_column) -%}
    date_diff('day', {{ from_column }}, {{ to_column }})
{%- endmacro %}
