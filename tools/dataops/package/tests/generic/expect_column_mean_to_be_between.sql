{#- Fails when the mean is outside the limits, or there is none. -#}
{% test expect_column_mean_to_be_between(
    model, column_name, min_value=none, max_value=none, strict_min=false, strict_max=false, row_condition=none
) %}
{%- set measured %}
    select avg(cast({{ column_name }} as {{ dataops_toolkit.double_type() }})) as observed_value
    from {{ dataops_toolkit.rows_where(model, row_condition) }}
{%- endset -%}
{{ dataops_toolkit.judged_value(measured, min_value, max_value, strict_min, strict_max) }}
{% endtest %}
