{#-
    Fails when the most common value is not in a set. Of several that are equally common, one in the set is enough
    with ties_okay, and none is without.
-#}
{% test expect_column_most_common_value_to_be_in_set(
    model, column_name, value_set, ties_okay=false, row_condition=none
) %}
{{- dataops_toolkit.fails_by_verdict() -}}
with expectation_values as (
    select
        {{ column_name }} as expectation_value,
        count(*) as occurrences
    from {{ dataops_toolkit.rows_where(model, row_condition, column_name ~ ' is not null') }}
    group by {{ column_name }}
),

expectation_measured as (
    select
        min(cast(expectation_value as {{ dbt.type_string() }})) as observed_value,
        max(occurrences) as occurrences,
        count(*) as equally_common,
        coalesce(
            sum(case when {{ dataops_toolkit.is_in_set('expectation_value', value_set) }} then 1 else 0 end), 0
        ) as equally_common_in_set
    from expectation_values
    where occurrences = (select max(occurrences) from expectation_values)
)

select
    *,
    equally_common_in_set > 0{{ '' if ties_okay else ' and equally_common = 1' }} as expectation_is_met
from expectation_measured
{% endtest %}
