{#-
    The query of an expectation about each row by itself. `unexpected` is SQL that is true for an unexpected row;
    rows for which `missing` is true are not judged.
-#}
{% macro unexpected_rows(model, unexpected, missing='1 = 0', mostly=1, row_condition=none) %}
    {%- set unexpected = 'not (' ~ missing ~ ') and (' ~ unexpected ~ ')' -%}
    {%- set counts %}
        select
            count(*) as expectation_element_count,
            coalesce(sum(case when {{ missing }} then 1 else 0 end), 0) as expectation_missing_count,
            coalesce(sum(case when {{ unexpected }} then 1 else 0 end), 0) as expectation_unexpected_count
        from {{ dataops_toolkit.rows_where(model, row_condition) }}
    {%- endset -%}
    {%- set found %}
        select
            *,
            1 as expectation_is_unexpected
        from {{ dataops_toolkit.rows_where(model, row_condition, unexpected) }}
    {%- endset -%}
    {{- dataops_toolkit.judged_rows(counts, found, mostly) -}}
{% endmacro %}
