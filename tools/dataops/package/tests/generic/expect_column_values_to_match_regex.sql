{#- Fails on values of which no part matches a regular expression. -#}
{% test expect_column_values_to_match_regex(model, column_name, regex, mostly=1, row_condition=none) %}
{%- set expected = dataops_toolkit.matches_regex(column_name, regex) -%}
{{ dataops_toolkit.unexpected_rows(
    model, 'not (' ~ expected ~ ')', column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
