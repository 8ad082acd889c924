{#- Fails when there are fewer or more rows than allowed. -#}
{% test expect_table_row_count_to_be_between(
    model, min_value=none, max_value=none, strict_min=false, strict_max=false, row_condition=none
) %}
{%- set measured %}
    select count(*) as observed_value
    from {{ dataops_toolkit.rows_where(model, row_condition) }}
{%- endset -%}
{{ dataops_toolkit.judged_value(measured, min_value, max_value, strict_min, strict_max) }}
{% endtest %}
