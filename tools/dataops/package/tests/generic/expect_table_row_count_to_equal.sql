{#- Fails when there is another number of rows. -#}
{% test expect_table_row_count_to_equal(model, value, row_condition=none) %}
{%- set measured %}
    select count(*) as observed_value
    from {{ dataops_toolkit.rows_where(model, row_condition) }}
{%- endset -%}
{{ dataops_toolkit.judged_value(measured, value, value) }}
{% endtest %}
