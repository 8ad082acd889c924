{#- The columns of a table, or of the subquery that dbt's `where` makes of it, as the warehouse has them, while compiling. -#}
{% macro columns_in(model) %}
    {%- if model is string -%}
        {% do return(get_column_schema_from_query('select * from ' ~ model)) %}
    {%- endif -%}
    {% do return(adapter.get_columns_in_relation(model)) %}
{% endmacro %}
