{#- Fails on texts that do not have as many characters. -#}
{% test expect_column_value_lengths_to_equal(model, column_name, value, mostly=1, row_condition=none) %}
{{ dataops_toolkit.unexpected_rows(
    model, dataops_toolkit.length_of(column_name) ~ ' <> ' ~ value, column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
