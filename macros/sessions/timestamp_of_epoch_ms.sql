{#- The timestamp in UTC that lies so many milliseconds after 1970; on Spark the session's zone must be UTC. -#}
{% macro timestamp_of_epoch_ms(column) %}
    {{- return(adapter.dispatch('timestamp_of_epoch_ms')(column)) -}}
{% endmacro %}

{% macro default__timestamp_of_epoch_ms(column) -%}
    (timestamp '1970-01-01 00:00:00' + cast({{ column }} as bigint) * interval '1 millisecond')
{%- endmacro %}

{% macro duckdb__timestamp_of_epoch_ms(column) -%}
    epoch_ms(cast({{ column }} as bigint))
{%- endmacro %}

{% macro spark__timestamp_of_epoch_ms(column) -%}
    timestamp_millis(cast({{ column }} as bigint))
{%- endmacro %}
