{#- Fails when the sum is outside the limits; of nothing it is 0. -#}
{% test expect_column_sum_to_be_between(
    model, column_name, min_value=none, max_value=none, strict_min=false, strict_max=false, row_condition=none
) %}
{%- set measured %}
    select coalesce(sum({{ column_name }}), 0) as observed_value
    from {{ dataops_toolkit.rows_where(model, row_condition) }}
{%- endset -%}
{{ dataops_toolkit.judged_value(measured, min_value, max_value, strict_min, strict_max) }}
{% endtest %}
