{#- What follows `from`: the rows of a table that an expectation is about. -#}
{% macro rows_where(model, row_condition=none, also=none) %}
    {%- set conditions = [row_condition, also] | select | list -%}
    {{- return(model ~ (' where (' ~ conditions | join(') and (') ~ ')' if conditions else '')) -}}
{% endmacro %}
