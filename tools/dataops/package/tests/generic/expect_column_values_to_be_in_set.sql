{#- Fails on values that are not in a set. -#}
{% test expect_column_values_to_be_in_set(model, column_name, value_set, mostly=1, row_condition=none) %}
{%- set expected = dataops_toolkit.is_in_set(column_name, value_set) -%}
{{ dataops_toolkit.unexpected_rows(
    model, 'not (' ~ expected ~ ')', column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
