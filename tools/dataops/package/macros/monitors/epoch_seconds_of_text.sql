{#-
    SQL: seconds since 1970-01-01 00:00 UTC of a text that is a date or timestamp. One that names no zone is taken as
    UTC. An empty text is no moment; one that is none makes the test an error.
-#}
{% macro epoch_seconds_of_text(text) %}
    {{- return(adapter.dispatch('epoch_seconds_of_text', 'dataops_toolkit')("nullif(trim(" ~ text ~ "), '')")) -}}
{% endmacro %}

{% macro default__epoch_seconds_of_text(text) -%}
    {{ dataops_toolkit.epoch_seconds(text) }}
{%- endmacro %}

{% macro duckdb__epoch_seconds_of_text(text) -%}
    {{ dataops_toolkit.postgres__epoch_seconds_of_text(text) }}
{%- endmacro %}

{% macro postgres__epoch_seconds_of_text(text) -%}
    case
        when {{ dataops_toolkit.names_a_zone(text) }} then {{ dataops_toolkit.epoch_seconds('cast(' ~ text ~ ' as timestamptz)') }}
        else {{ dataops_toolkit.epoch_seconds('cast(' ~ text ~ ' as timestamp)') }}
    end
{%- endmacro %}

{% macro snowflake__epoch_seconds_of_text(text) -%}
    case
        when {{ dataops_toolkit.names_a_zone(text) }} then {{ dataops_toolkit.epoch_seconds('to_timestamp_tz(' ~ text ~ ')') }}
        else {{ dataops_toolkit.epoch_seconds('to_timestamp_ntz(' ~ text ~ ')') }}
    end
{%- endmacro %}

{#- SQL: whether a text ends in a zone behind a time, as in 2024-03-01T05:30:00+01:00. -#}
{% macro names_a_zone(text) -%}
    {{ dataops_toolkit.matches_regex(text, ':[0-9.]+ *([+-][0-9:]+|Z|z|UTC)$') }}
{%- endmacro %}
