{#-
    Seconds since 1970-01-01 00:00 UTC of a date or timestamp, with or without a time zone. One without is taken as
    UTC, whatever the zone of the session: a plain cast would follow the session.
-#}
{% macro epoch_seconds(moment) %}
    {{- return(adapter.dispatch('epoch_seconds', 'dataops_toolkit')(moment)) -}}
{% endmacro %}

{% macro default__epoch_seconds(moment) -%}
    cast(extract(epoch from {{ moment }}) as double precision)
{%- endmacro %}

{#- An infinite timestamp has no epoch here. -#}
{% macro duckdb__epoch_seconds(moment) -%}
    case when isfinite({{ moment }}) then epoch({{ moment }}) end
{%- endmacro %}

{% macro snowflake__epoch_seconds(moment) -%}
    (date_part(epoch_microsecond, {{ moment }}) / 1000000)
{%- endmacro %}

{% macro bigquery__epoch_seconds(moment) -%}
    (unix_micros(timestamp({{ moment }})) / 1000000)
{%- endmacro %}

{% macro spark__epoch_seconds(moment) -%}
    cast(cast({{ moment }} as timestamp) as double)
{%- endmacro %}
