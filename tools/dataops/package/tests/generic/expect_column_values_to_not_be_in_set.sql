{#- Fails on values that are in a set. -#}
{% test expect_column_values_to_not_be_in_set(model, column_name, value_set, mostly=1, row_condition=none) %}
{{ dataops_toolkit.unexpected_rows(
    model, dataops_toolkit.is_in_set(column_name, value_set), column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
