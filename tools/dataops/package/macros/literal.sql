{#- SQL: null, a number or a text from Jinja. -#}
{% macro literal(item) -%}
    {{ 'null' if item is none else (item if item is number else dataops_toolkit.text_literal(item)) }}
{%- endmacro %}
