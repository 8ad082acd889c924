{#- SQL: a text from Jinja as a literal, whatever quotes and backslashes are in it. -#}
{% macro text_literal(text) %}
    {{- return(adapter.dispatch('text_literal', 'dataops_toolkit')(text | string)) -}}
{% endmacro %}

{% macro default__text_literal(text) -%}
    '{{ text | replace("'", "''") }}'
{%- endmacro %}

{#- A backslash begins an escape here. -#}
{% macro snowflake__text_literal(text) -%}
    '{{ text | replace("\\", "\\\\") | replace("'", "\\'") }}'
{%- endmacro %}

{% macro bigquery__text_literal(text) -%}
    {{ dataops_toolkit.snowflake__text_literal(text) | replace("\n", "\\n") }}
{%- endmacro %}

{% macro spark__text_literal(text) -%}
    {{ dataops_toolkit.snowflake__text_literal(text) }}
{%- endmacro %}
