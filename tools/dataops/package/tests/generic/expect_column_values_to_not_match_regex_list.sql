{#- Fails on values that match one of some regular expressions. -#}
{% test expect_column_values_to_not_match_regex_list(model, column_name, regex_list, mostly=1, row_condition=none) %}
{{ dataops_toolkit.unexpected_rows(
    model, dataops_toolkit.matches_of_list(column_name, regex_list), column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
