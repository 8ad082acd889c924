{#- Text between quotes. A backslash escapes in some warehouses, and is itself in others. -#}
{% macro default__text_literal(text) %}
    {{- return("'" ~ text | replace("'", "''") ~ "'") -}}
{% endmacro %}

{% macro snowflake__text_literal(text) %}
    {{- return("'" ~ text | replace('\\', '\\\\') | replace("'", "''") ~ "'") -}}
{% endmacro %}

{% macro bigquery__text_literal(text) %}
    {{- return("'" ~ text | replace('\\', '\\\\') | replace("'", "\\'") | replace('\n', '\\n') ~ "'") -}}
{% endmacro %}

{% macro spark__text_literal(text) %}
    {{- return("'" ~ text | replace('\\', '\\\\') | replace("'", "\\'") ~ "'") -}}
{% endmacro %}
