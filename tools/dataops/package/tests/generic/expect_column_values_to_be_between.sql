{#- Fails on values outside the limits, and on the limits themselves if they are strict. -#}
{% test expect_column_values_to_be_between(
    model, column_name, min_value=none, max_value=none, strict_min=false, strict_max=false, mostly=1, row_condition=none
) %}
{%- do dataops_toolkit.needs_a_limit(min_value, max_value) -%}
{%- set within = dataops_toolkit.is_within(column_name, min_value, max_value, strict_min, strict_max) -%}
{{ dataops_toolkit.unexpected_rows(
    model, 'not (' ~ within ~ ')', column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
