{#- SQL: whether a column is of numbers, asked of the warehouse while the query runs, where it has a function for that. -#}
{% macro is_number_when_run(column) %}
    {{- return(adapter.dispatch('is_number_when_run', 'dataops_toolkit')(column)) -}}
{% endmacro %}

{% macro default__is_number_when_run(column) -%}
    {%- do exceptions.raise_compiler_error(
        'The type of ' ~ column ~ ' is not known, as its model is ephemeral. Say categorical: true, or false for numbers'
    ) -%}
{%- endmacro %}

{% macro duckdb__is_number_when_run(column) -%}
    regexp_matches(typeof({{ column }}), '^(U?(TINY|SMALL|BIG|HUGE)?INT(EGER)?|FLOAT|DOUBLE|DECIMAL)')
{%- endmacro %}

{% macro postgres__is_number_when_run(column) -%}
    cast(pg_typeof({{ column }}) as text) in ('smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric')
{%- endmacro %}

{% macro snowflake__is_number_when_run(column) -%}
    typeof(to_variant({{ column }})) in ('INTEGER', 'DECIMAL', 'DOUBLE')
{%- endmacro %}

{% macro spark__is_number_when_run(column) -%}
    typeof({{ column }}) rlike '^(tinyint|smallint|int|bigint|float|double|decimal)'
{%- endmacro %}
