{#-
    The columns of a table as the warehouse has them, while compiling: {name, lower, data_type} in their order. A table
    that is not there, or a subquery in its place (the test's own `where`), is an error: it would be a check of nothing.
-#}
{% macro columns_of(model) %}
    {%- set found = [] -%}
    {%- if not execute -%}
        {% do return(found) %}
    {%- endif -%}
    {%- if model is string -%}
        {%- do exceptions.raise_compiler_error(
            'This test reads the columns of a table, and was given a subquery: use where_expression instead of where'
        ) -%}
    {%- endif -%}
    {%- for column in adapter.get_columns_in_relation(model) -%}
        {%- do found.append({
            'name': column.name, 'lower': column.name | lower, 'data_type': column.data_type
        }) -%}
    {%- endfor -%}
    {%- if not found -%}
        {%- do exceptions.raise_compiler_error(model ~ ' has no columns. Build it first, or grant the right to read it') -%}
    {%- endif -%}
    {% do return(found) %}
{% endmacro %}
