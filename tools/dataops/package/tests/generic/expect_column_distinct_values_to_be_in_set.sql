{#- Fails on each different value that is not in a set. -#}
{% test expect_column_distinct_values_to_be_in_set(model, column_name, value_set, row_condition=none) %}
{{ dataops_toolkit.compared_distinct_values(
    model, column_name, value_set, row_condition, unexpected=true
) }}
{% endtest %}
