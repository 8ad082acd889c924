{#- A date or timestamp from YAML as a moment in UTC, while compiling. -#}
{% macro utc_moment(written) %}
    {%- set text = (written | string).replace('Z', '+00:00') -%}
    {%- set moment = modules.datetime.datetime.fromisoformat(text) -%}
    {%- if moment.tzinfo -%}
        {%- set moment = moment.astimezone(modules.pytz.utc).replace(tzinfo=none) -%}
    {%- endif -%}
    {% do return(moment) %}
{% endmacro %}
