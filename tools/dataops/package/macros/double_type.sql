{#- The name of an eight-byte floating-point number; dbt's own type_float is four bytes on DuckDB. -#}
{% macro double_type() %}
    {{- return(adapter.dispatch('double_type', 'dataops_toolkit')()) -}}
{% endmacro %}

{% macro default__double_type() -%}
    double precision
{%- endmacro %}

{% macro bigquery__double_type() -%}
    float64
{%- endmacro %}

{% macro spark__double_type() -%}
    double
{%- endmacro %}
