{#- SQL: a list of literals, with commas between them. -#}
{% macro literals(items) -%}
    {%- for item in items %}{{ dataops_toolkit.literal(item) }}{{ ', ' if not loop.last }}{% endfor -%}
{%- endmacro %}
