{#- SQL that is true where an expression is one of the values. Without values it never is. -#}
{% macro is_in_set(expression, values) %}
    {%- set literals = dataops_toolkit.literals_of(values) -%}
    {{- return(expression ~ ' in (' ~ literals | join(', ') ~ ')' if literals else '1 = 0') -}}
{% endmacro %}
