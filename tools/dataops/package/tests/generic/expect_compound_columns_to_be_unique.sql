{#- Fails on all rows with a combination of values that occurs more than once. -#}
{% test expect_compound_columns_to_be_unique(
    model, column_list, ignore_row_if='all_values_are_missing', mostly=1, row_condition=none
) %}
{%- set columns = dataops_toolkit.columns_named(column_list) -%}
{%- set missing = dataops_toolkit.is_ignored(columns, ignore_row_if) -%}
{{ dataops_toolkit.repeated_rows(model, columns, missing, mostly, row_condition) }}
{% endtest %}
