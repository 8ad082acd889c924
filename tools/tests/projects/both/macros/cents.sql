
{% macro cents(column) %}{{ return(adapter.dispatch('cents_of', 'both')(column)) }}{% endmacro %}

{% macro default__cents_of(column) %}({{ column }} * 100){% endmacro %}

{% macro duckdb__create_view_as(relation, sql) %}create view {{ relation }} as ({{ sql }}){% endmacro %}
