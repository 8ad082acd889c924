{#- The moment after which an event is in the future: the var `events_as_of`, or the warehouse's clock in UTC. -#}
{% macro events_as_of() %}
    {%- if var('events_as_of') -%}
        {{ return("cast('" ~ var('events_as_of') ~ "' as timestamp)") }}
    {%- endif -%}
    {{ return(adapter.dispatch('clock_in_utc')()) }}
{% endmacro %}

{% macro default__clock_in_utc() -%}
    cast(current_timestamp at time zone 'UTC' as timestamp)
{%- endmacro %}

{% macro duckdb__clock_in_utc() -%}
    make_timestamp(epoch_us(now()))
{%- endmacro %}

{% macro spark__clock_in_utc() -%}
    current_timestamp()
{%- endmacro %}
