{#- Fails when the share of rows with a value is outside the limits; of no rows it is 0. -#}
{% test expect_column_proportion_of_non_null_values_to_be_between(
    model, column_name, min_value=none, max_value=none, strict_min=false, strict_max=false, row_condition=none
) %}
{%- set double = dataops_toolkit.double_type() -%}
{%- set measured %}
    select coalesce(cast(count({{ column_name }}) as {{ double }}) / nullif(count(*), 0), 0) as observed_value
    from {{ dataops_toolkit.rows_where(model, row_condition) }}
{%- endset -%}
{{ dataops_toolkit.judged_value(measured, min_value, max_value, strict_min, strict_max) }}
{% endtest %}
