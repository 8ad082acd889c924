{#- The columns that the earlier run of `schema_changes` found, read while compiling; none before the first. -#}
{% macro recorded_columns() %}
    {%- set columns = [] -%}
    {%- set stored = dataops_toolkit.stored_series('data_type_before') if execute else none -%}
    {%- if stored -%}
        {%- set query -%}
            select ':' || column_name as column_name, ':' || data_type as data_type
            from {{ stored }}
            where data_type is not null
        {%- endset -%}
        {%- for row in run_query(query).rows -%}
            {%- do columns.append({'name': row[0][1:], 'data_type': row[1][1:]}) -%}
        {%- endfor -%}
    {%- endif -%}
    {% do return(columns) %}
{% endmacro %}
