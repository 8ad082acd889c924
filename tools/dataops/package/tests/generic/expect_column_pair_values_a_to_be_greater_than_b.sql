{#- Fails on rows in which the first column is not above the second, or one of them is null. -#}
{% test expect_column_pair_values_a_to_be_greater_than_b(
    model, column_A, column_B, or_equal=false, ignore_row_if='both_values_are_missing', mostly=1, row_condition=none
) %}
{%- set columns = dataops_toolkit.columns_named([column_A, column_B]) -%}
{%- set missing = dataops_toolkit.is_ignored(columns, ignore_row_if) -%}
{%- set compared = columns | join(' >= ' if or_equal else ' > ') -%}
{{ dataops_toolkit.unexpected_rows(model, 'not coalesce(' ~ compared ~ ', false)', missing, mostly, row_condition) }}
{% endtest %}
