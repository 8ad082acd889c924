{#-
    CTE `monitor_smoothed`: the exponentially weighted moving average of `w` (Roberts 1959) with the constant
    limits of Lucas and Saccucci (1990). The limits shown are the values at which the point would have crossed. Weights
    are taken from the end of the series, so that none overflows; points too far back for a weight have no average.
-#}
{% macro ewma_limits(settings) -%}
    {%- set weight = settings.ewma_lambda -%}
    {%- set longest = (600 * (1 - weight) / weight) | int -%}
    {%- set spread = (weight / (2 - weight)) ** 0.5 -%}
    {%- set limit = settings.anomaly_sensitivity * spread -%}
    {{ dataops_toolkit.unexplained_deviates(settings) }},

    monitor_places as (
        select
            *,
            case when not is_excluded then w end as used,
            count(case when not is_excluded then w end) over (
                partition by metric, dimension
                order by bucket_index desc rows between unbounded preceding and current row
            ) - 1 as age
        from monitor_whitened
    ),

    monitor_averages as (
        select
            *,
            {{ weight }} * sum(case when age <= {{ longest }} then power({{ 1 - weight }}, age) * used end) over (
                partition by metric, dimension order by bucket_index rows between unbounded preceding and current row
            ) / case when age <= {{ longest }} then power({{ 1 - weight }}, age) end as average
        from monitor_places
    ),

    monitor_smoothed as (
        select
            *,
            average / {{ spread }} as statistic,
            average > {{ limit }} as fires_up,
            average < -{{ limit }} as fires_down,
            {{ dataops_toolkit.value_of_normal(settings, '(recalled + unexplained * (w - (' ~ limit ~ ' + average) / ' ~ weight ~ '))') }} as lower_shown,
            {{ dataops_toolkit.value_of_normal(settings, '(recalled + unexplained * (w + (' ~ limit ~ ' - average) / ' ~ weight ~ '))') }} as upper_shown
        from monitor_averages
    )
{%- endmacro %}
