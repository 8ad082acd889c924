{#-
    The whole query of an expectation about rows, from a query of its counts and one of its unexpected rows: those rows
    with all columns, and beside each the counts and the verdict. Without unexpected rows, one row with the counts.
-#}
{% macro judged_rows(counts, unexpected, mostly) %}
    {{- dataops_toolkit.fails_by_verdict() -}}
    with expectation_counts as (
        {{ counts }}
    ),

    expectation_verdict as (
        select
            expectation_counts.*,
            1 as expectation_key,
            {{ dataops_toolkit.mostly_is_met(mostly) }} as expectation_is_met
        from expectation_counts
    ),

    expectation_unexpected as (
        {{ unexpected }}
    )

    -- The join has an equation because BigQuery joins from the left by nothing else.
    select
        expectation_unexpected.*,
        expectation_verdict.expectation_element_count,
        expectation_verdict.expectation_missing_count,
        expectation_verdict.expectation_unexpected_count,
        expectation_verdict.expectation_is_met
    from expectation_verdict
    left join expectation_unexpected
        on expectation_verdict.expectation_key = expectation_unexpected.expectation_is_unexpected
{% endmacro %}
