{#- A query of recorded points, each (metric, dimension, bucket_index, value, trials): texts, but for the bucket. -#}
{% macro recorded_rows(points) -%}
    {%- set double = dataops_toolkit.double_type() -%}
    {%- set types = [dbt.type_string(), dbt.type_string(), dbt.type_int(), double, double] -%}
    {%- set names = ['metric', 'dimension', 'bucket_index', 'value', 'trials'] -%}
    select
        {%- for name in names %}
        cast({{ name if points else 'null' }} as {{ types[loop.index0] }}) as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- if points %}
    from {{ dataops_toolkit.rows_of_literals(points, names) }}
    {%- else %}
    from (select 1 as nothing) as no_points
    where 1 = 0
    {%- endif %}
{%- endmacro %}
