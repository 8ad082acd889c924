{#-
    Values of a column that are not in the set, and of the set that are not in the column, as far as each is asked for:
    one row each. Nulls are not judged.
-#}
{% macro compared_distinct_values(model, column, value_set, row_condition, unexpected=false, missing=false) %}
    {%- set text = dbt.type_string() -%}
    with expectation_values as (
        select
            {{ column }} as expectation_value,
            count(*) as occurrences
        from {{ dataops_toolkit.rows_where(model, row_condition, column ~ ' is not null') }}
        group by {{ column }}
    )

    select
        cast(expectation_value as {{ text }}) as value,
        'unexpected' as finding,
        occurrences
    from expectation_values
    where {{ 'not (' ~ dataops_toolkit.is_in_set('expectation_value', value_set) ~ ')' if unexpected else '1 = 0' }}
    {%- for literal in dataops_toolkit.literals_of(value_set) if missing %}

    union all

    select
        cast({{ literal }} as {{ text }}) as value,
        'missing' as finding,
        0 as occurrences
    from (
        select count(*) as found
        from expectation_values
        where expectation_value = {{ literal }}
    ) as expectation_sought
    where found = 0
    {%- endfor %}
{% endmacro %}
