{#- Fails when the median is outside the limits, or there is none. -#}
{% test expect_column_median_to_be_between(
    model, column_name, min_value=none, max_value=none, strict_min=false, strict_max=false, row_condition=none
) %}
{%- set measured %}
    select {{ dataops_toolkit.value_at_quantile(0.5, 'midpoint') }} as observed_value
    from (
        {{ dataops_toolkit.ranked_values(model, column_name, row_condition) }}
    ) as expectation_ranked
{%- endset -%}
{{ dataops_toolkit.judged_value(measured, min_value, max_value, strict_min, strict_max) }}
{% endtest %}
