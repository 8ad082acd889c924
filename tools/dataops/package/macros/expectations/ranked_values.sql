{#- A column's values without nulls, numbered from 0 in their order, each with how many there are. -#}
{% macro ranked_values(model, column, row_condition) %}
    select
        {{ column }} as expectation_value,
        row_number() over (order by {{ column }}) - 1 as expectation_rank,
        count(*) over () as expectation_size
    from {{ dataops_toolkit.rows_where(model, row_condition, column ~ ' is not null') }}
{%- endmacro %}
