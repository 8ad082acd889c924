{#-
    The columns of a table as the warehouse has them, while compiling: {name, lower, data_type} in their order. A table
    that is not there, or an ephemeral model, is an error: it would be a check of nothing.
-#}
{% macro columns_of(model) %}
    {%- set found = [] -%}
    {%- if not execute -%}
        {% do return(found) %}
    {%- endif -%}
    {%- if '__dbt__cte__' in (model | string) -%}
        {%- do exceptions.raise_compiler_error(
            'This test asks the warehouse for the columns of a table, and an ephemeral model is none. Give the test to a'
            ' model that reads it, or materialize it as a view'
        ) -%}
    {%- endif -%}
    {%- for column in dataops_toolkit.columns_in(model) -%}
        {%- do found.append({
            'name': column.name, 'lower': column.name | lower, 'data_type': column.data_type
        }) -%}
    {%- endfor -%}
    {%- if not found -%}
        {%- do exceptions.raise_compiler_error(model ~ ' has no columns. Build it first, or grant the right to read it') -%}
    {%- endif -%}
    {% do return(found) %}
{% endmacro %}
