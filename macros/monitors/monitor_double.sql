{#- The name of an eight-byte floating-point number. -#}
{% macro monitor_double() %}
    {{- return(adapter.dispatch('monitor_double', 'dataops_toolkit')()) -}}
{% endmacro %}

{% macro default__monitor_double() -%}
    double precision
{%- endmacro %}

{% macro bigquery__monitor_double() -%}
    float64
{%- endmacro %}

{% macro spark__monitor_double() -%}
    double
{%- endmacro %}
