{#- Fails on all rows with a value that occurs more than once. -#}
{% test expect_column_values_to_be_unique(model, column_name, mostly=1, row_condition=none) %}
{{ dataops_toolkit.repeated_rows(model, [column_name], column_name ~ ' is null', mostly, row_condition) }}
{% endtest %}
