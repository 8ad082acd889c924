{#- Fails when there are fewer or more columns than allowed. -#}
{% test expect_table_column_count_to_be_between(model, min_value=none, max_value=none) %}
{%- set measured = 'select ' ~ dataops_toolkit.column_names_of(model) | length ~ ' as observed_value' -%}
{{ dataops_toolkit.judged_value(measured, min_value, max_value) }}
{% endtest %}
