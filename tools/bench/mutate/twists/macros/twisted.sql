{% macro twisted(column) %}{{ return(adapter.dispatch('twisted')(column)) }}{% endmacro %}

{% macro default__twisted(column) %}{{ column }}{% endmacro %}

{% macro duckdb__twisted(column) %}{{ column }} + 7{% endmacro %}
