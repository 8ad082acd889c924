{#- The query of an expectation that combinations of columns are unique. Nulls are values of a combination. -#}
{% macro repeated_rows(model, columns, missing, mostly=1, row_condition=none) %}
    {%- set keys = columns | join(', ') -%}
    {%- set repeated = 'not (' ~ missing ~ ') and expectation_occurrences > 1' -%}
    {%- set counts %}
        select
            coalesce(sum(expectation_occurrences), 0) as expectation_element_count,
            coalesce(sum(case when {{ missing }} then expectation_occurrences else 0 end), 0)
                as expectation_missing_count,
            coalesce(sum(case when {{ repeated }} then expectation_occurrences else 0 end), 0)
                as expectation_unexpected_count
        from (
            select
                {{ keys }},
                count(*) as expectation_occurrences
            from {{ dataops_toolkit.rows_where(model, row_condition) }}
            group by {{ keys }}
        ) as expectation_combinations
    {%- endset -%}
    {%- set found %}
        select
            *,
            1 as expectation_is_unexpected
        from (
            select
                *,
                count(*) over (partition by {{ keys }}) as expectation_occurrences
            from {{ dataops_toolkit.rows_where(model, row_condition) }}
        ) as expectation_counted
        where {{ repeated }}
    {%- endset -%}
    {{- dataops_toolkit.judged_rows(counts, found, mostly) -}}
{% endmacro %}
