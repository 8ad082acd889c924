{#- The timestamp, in UTC, of so many whole seconds since 1970-01-01. -#}
{% macro timestamp_of_epoch_seconds(seconds) %}
    {{- return(adapter.dispatch('timestamp_of_epoch_seconds', 'dataops_toolkit')(seconds)) -}}
{% endmacro %}

{% macro default__timestamp_of_epoch_seconds(seconds) -%}
    (timestamp '1970-01-01 00:00:00' + ({{ seconds }}) * interval '1 second')
{%- endmacro %}

{% macro duckdb__timestamp_of_epoch_seconds(seconds) -%}
    make_timestamp(cast(({{ seconds }}) as bigint) * 1000000)
{%- endmacro %}

{% macro snowflake__timestamp_of_epoch_seconds(seconds) -%}
    to_timestamp_ntz({{ seconds }})
{%- endmacro %}

{% macro bigquery__timestamp_of_epoch_seconds(seconds) -%}
    timestamp_seconds(cast({{ seconds }} as int64))
{%- endmacro %}

{% macro spark__timestamp_of_epoch_seconds(seconds) -%}
    timestamp_seconds({{ seconds }})
{%- endmacro %}
