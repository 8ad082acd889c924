{#- Fails when the greatest value is outside the limits, or there is none. -#}
{% test expect_column_max_to_be_between(
    model, column_name, min_value=none, max_value=none, strict_min=false, strict_max=false, row_condition=none
) %}
{%- set measured %}
    select max({{ column_name }}) as observed_value
    from {{ dataops_toolkit.rows_where(model, row_condition) }}
{%- endset -%}
{{ dataops_toolkit.judged_value(measured, min_value, max_value, strict_min, strict_max) }}
{% endtest %}
