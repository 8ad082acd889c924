{#- Milliseconds from 1970 to a timestamp in UTC. -#}
{% macro epoch_ms_of(column) %}
    {{- return(adapter.dispatch('epoch_ms_of')(column)) -}}
{% endmacro %}

{% macro default__epoch_ms_of(column) -%}
    cast(round(extract(epoch from {{ column }}) * 1000) as bigint)
{%- endmacro %}

{% macro duckdb__epoch_ms_of(column) -%}
    epoch_ms({{ column }})
{%- endmacro %}

{% macro spark__epoch_ms_of(column) -%}
    unix_millis({{ column }})
{%- endmacro %}
