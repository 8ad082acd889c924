{#- Fails when there is another number of columns. -#}
{% test expect_table_column_count_to_equal(model, value) %}
{%- set measured = 'select ' ~ dataops_toolkit.column_names_of(model) | length ~ ' as observed_value' -%}
{{ dataops_toolkit.judged_value(measured, value, value) }}
{% endtest %}
