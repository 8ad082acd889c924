{#- Fails on values that match none of some regular expressions, or not all of them. -#}
{% test expect_column_values_to_match_regex_list(
    model, column_name, regex_list, match_on='any', mostly=1, row_condition=none
) %}
{%- set expected = dataops_toolkit.matches_of_list(column_name, regex_list, match_on) -%}
{{ dataops_toolkit.unexpected_rows(
    model, 'not (' ~ expected ~ ')', column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
