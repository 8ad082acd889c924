{#- Fails on values of which some part matches a regular expression. -#}
{% test expect_column_values_to_not_match_regex(model, column_name, regex, mostly=1, row_condition=none) %}
{{ dataops_toolkit.unexpected_rows(
    model, dataops_toolkit.matches_regex(column_name, regex), column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
