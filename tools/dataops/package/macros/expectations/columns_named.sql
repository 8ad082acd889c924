{#- Several columns as SQL. -#}
{% macro columns_named(names) %}
    {%- set found = [] -%}
    {%- for name in names %}{% do found.append(dataops_toolkit.column_named(name)) %}{% endfor -%}
    {{- return(found) -}}
{% endmacro %}
