{#- Fails on each value that only the column or only the set has. -#}
{% test expect_column_distinct_values_to_equal_set(model, column_name, value_set, row_condition=none) %}
{{ dataops_toolkit.compared_distinct_values(
    model, column_name, value_set, row_condition, unexpected=true, missing=true
) }}
{% endtest %}
