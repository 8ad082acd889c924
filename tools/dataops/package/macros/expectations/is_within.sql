{#- SQL that is true where an expression keeps both limits; one that is none does not limit. -#}
{% macro is_within(expression, min_value, max_value, strict_min, strict_max) %}
    {%- set kept = [] -%}
    {%- if min_value is not none -%}
        {%- do kept.append(expression ~ (' > ' if strict_min else ' >= ') ~ dataops_toolkit.sql_literal(min_value)) -%}
    {%- endif -%}
    {%- if max_value is not none -%}
        {%- do kept.append(expression ~ (' < ' if strict_max else ' <= ') ~ dataops_toolkit.sql_literal(max_value)) -%}
    {%- endif -%}
    {{- return(kept | join(' and ') if kept else '1 = 1') -}}
{% endmacro %}
