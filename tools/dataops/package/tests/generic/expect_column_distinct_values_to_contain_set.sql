{#- Fails on each value of a set that the column does not have. -#}
{% test expect_column_distinct_values_to_contain_set(model, column_name, value_set, row_condition=none) %}
{{ dataops_toolkit.compared_distinct_values(
    model, column_name, value_set, row_condition, missing=true
) }}
{% endtest %}
