{#-
    Fails on quantiles outside their limits. A limit is kept from 1e-4 of itself away, as Great Expectations has
    it. Returns a row for each quantile.
-#}
{% test expect_column_quantile_values_to_be_between(
    model, column_name, quantile_ranges, allow_relative_error=false, row_condition=none
) %}
{{- dataops_toolkit.fails_by_verdict() -}}
{%- if quantile_ranges.quantiles | length != quantile_ranges.value_ranges | length -%}
    {%- do exceptions.raise_compiler_error('quantile_ranges needs one of value_ranges for each of quantiles') -%}
{%- endif -%}
{%- set double = dataops_toolkit.double_type() %}
with expectation_ranked as (
    {{ dataops_toolkit.ranked_values(model, column_name, row_condition) }}
),

expectation_measured as (
    {%- for quantile in quantile_ranges.quantiles %}
    {{ 'union all ' if not loop.first }}select
        {{ quantile }} as quantile,
        {{ dataops_toolkit.value_at_quantile(quantile, allow_relative_error or 'nearest') }} as observed_value,
        cast({{ dataops_toolkit.sql_literal(quantile_ranges.value_ranges[loop.index0][0]) }} as {{ double }}) as min_value,
        cast({{ dataops_toolkit.sql_literal(quantile_ranges.value_ranges[loop.index0][1]) }} as {{ double }}) as max_value
    from expectation_ranked
    {%- endfor %}
)

select
    *,
    observed_value is not null and (
        (
            (min_value is null or observed_value >= min_value)
            and (max_value is null or observed_value <= max_value)
        )
        or coalesce(abs(observed_value - min_value) <= 1e-8 + 1e-4 * abs(min_value), false)
        or coalesce(abs(observed_value - max_value) <= 1e-8 + 1e-4 * abs(max_value), false)
    ) as expectation_is_met
from expectation_measured
{% endtest %}
