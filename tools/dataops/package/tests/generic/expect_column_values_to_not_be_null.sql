{#- Fails on rows without a value. -#}
{% test expect_column_values_to_not_be_null(model, column_name, mostly=1, row_condition=none) %}
{{ dataops_toolkit.unexpected_rows(model, column_name ~ ' is null', mostly=mostly, row_condition=row_condition) }}
{% endtest %}
