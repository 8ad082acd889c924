{#-
    CTE `drift_binned`: each value with its bin. Numbers: the quantiles of the reference period part them, so that a value
    is in bin i of k if between (i - 1)/k and i/k of the reference lie below it; `gap` is how far the two distribution
    functions are apart there. Categories: the most frequent of the reference are a bin each, all others are one. What has
    no `item` is the bin 0.
-#}
{% macro binned_values(settings, is_categorical) -%}
    {%- set bins = settings.bins or 10 -%}
    {%- set below = 'partition by dimension, item is null order by item rows between unbounded preceding and ' -%}
    {%- if is_categorical -%}
    drift_binned as (
        select
            *,
            cast(null as {{ dataops_toolkit.double_type() }}) as gap,
            case
                when item is null then 0
                else least(
                    row_number() over (partition by dimension, item is null order by then_rows desc, item),
                    {{ settings.bins or 50 }}
                )
            end as bin
        from drift_counted
    )
    {%- else -%}
    drift_cumulated as (
        select
            *,
            coalesce(sum(then_rows) over ({{ below }}1 preceding), 0) as then_below,
            sum(then_rows) over ({{ below }}current row) as then_up_to,
            sum(now_rows) over ({{ below }}current row) as now_up_to,
            sum(then_rows) over (partition by dimension, item is null) as then_finite,
            sum(now_rows) over (partition by dimension, item is null) as now_finite
        from drift_counted
    ),

    drift_binned as (
        select
            *,
            case
                when item is not null
                    then abs(then_up_to / nullif(then_finite, 0) - now_up_to / nullif(now_finite, 0))
            end as gap,
            case
                when item is null then 0
                else least(
                    coalesce(floor({{ bins }} * then_below / nullif(then_finite, 0)), 0) + 1, {{ bins }}
                )
            end as bin
        from drift_cumulated
    )
    {%- endif -%}
{%- endmacro %}
