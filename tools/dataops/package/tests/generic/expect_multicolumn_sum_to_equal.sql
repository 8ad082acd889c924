{#- Fails on rows in which some columns do not add up to a figure, or one of them is null. -#}
{% test expect_multicolumn_sum_to_equal(
    model, column_list, sum_total, ignore_row_if='all_values_are_missing', mostly=1, row_condition=none
) %}
{%- set columns = dataops_toolkit.columns_named(column_list) -%}
{%- set missing = dataops_toolkit.is_ignored(columns, ignore_row_if) -%}
{%- set total = columns | join(' + ') ~ ' = ' ~ dataops_toolkit.sql_literal(sum_total) -%}
{{ dataops_toolkit.unexpected_rows(model, 'not coalesce(' ~ total ~ ', false)', missing, mostly, row_condition) }}
{% endtest %}
