{#- The query of a schema test: the rows of `schema_changes_of`, with `is_anomaly` where there is a change. -#}
{% macro schema_rows(rows) -%}
    {%- set names = ['column_name', 'data_type', 'data_type_before', 'change'] -%}
    {%- set text = dbt.type_string() -%}
    select
        {%- for name in names %}
        cast({{ name if rows else 'null' }} as {{ text }}) as {{ name }},
        {%- endfor %}
        {{ 'change is not null' if rows else '(1 = 0)' }} as is_anomaly,
        {{ dataops_toolkit.anomalies_in_all('change is not null') if rows else '0 as anomalies' }}
    {%- if rows %}
    from {{ dataops_toolkit.rows_of_literals(rows, names) }}
    {%- else %}
    from (select 1 as nothing) as no_columns
    where 1 = 0
    {%- endif %}
    {{- dataops_toolkit.failures_first() }}
{%- endmacro %}
