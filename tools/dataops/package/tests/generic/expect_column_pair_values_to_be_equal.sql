{#- Fails on rows in which two columns differ, or one of them is null. -#}
{% test expect_column_pair_values_to_be_equal(
    model, column_A, column_B, ignore_row_if='both_values_are_missing', mostly=1, row_condition=none
) %}
{%- set columns = dataops_toolkit.columns_named([column_A, column_B]) -%}
{%- set missing = dataops_toolkit.is_ignored(columns, ignore_row_if) -%}
{%- set unexpected = 'not coalesce(' ~ columns | join(' = ') ~ ', false)' -%}
{{ dataops_toolkit.unexpected_rows(model, unexpected, missing, mostly, row_condition) }}
{% endtest %}
