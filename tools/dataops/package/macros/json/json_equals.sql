{#- SQL: whether a JSON value is the one of YAML: null, true or false, a number or a text. -#}
{% macro json_equals(value, item) %}
    {%- set part = dataops_toolkit.json_part -%}
    {%- set kind = 'null' if item is none else 'boolean' if item is boolean else 'number' if item is number else 'string' -%}
    {%- set is_kind = part('kind', value) ~ " = '" ~ kind ~ "'" -%}
    {%- if item is none -%}
        {% do return('(' ~ is_kind ~ ')') %}
    {%- elif item is number and item is not boolean -%}
        {%- set same = part('number', value) ~ ' = ' ~ item -%}
    {%- else -%}
        {%- set same = part('text', value) ~ ' = ' ~ dataops_toolkit.text_literal(item | lower if item is boolean else item) -%}
    {%- endif -%}
    {% do return('case when ' ~ is_kind ~ ' then ' ~ same ~ ' else (1 = 0) end') %}
{% endmacro %}
