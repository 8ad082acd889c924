{#- Fails on texts that have fewer or more characters than allowed. -#}
{% test expect_column_value_lengths_to_be_between(
    model, column_name, min_value=none, max_value=none, strict_min=false, strict_max=false, mostly=1, row_condition=none
) %}
{%- do dataops_toolkit.needs_a_limit(min_value, max_value) -%}
{%- set length = dataops_toolkit.length_of(column_name) -%}
{%- set within = dataops_toolkit.is_within(length, min_value, max_value, strict_min, strict_max) -%}
{{ dataops_toolkit.unexpected_rows(
    model, 'not (' ~ within ~ ')', column_name ~ ' is null', mostly, row_condition
) }}
{% endtest %}
