{#-
    CTE `monitor_points`: which points are judged and which may train. What is no finite number is unknown to the
    arithmetic, and `is_broken`. Points of known incidents (`exclude`) do neither.
-#}
{% macro monitor_points(settings, window) -%}
    {%- set season = {'day_of_week': 7, 'hour_of_day': 24, 'hour_of_week': 168}.get(settings.seasonality) -%}
    {%- set excluded = dataops_toolkit.excluded_buckets(settings, window) -%}
    monitor_numbers as (
        select
            metric,
            dimension,
            distribution,
            bucket_index,
            trials,
            -- NaN is above every number where it is ordered, and equal to none where it is not.
            case when value between -1e150 and 1e150 then value end as value,
            value is not null and not coalesce(value between -1e150 and 1e150, false) as is_broken,
            {% if season %}mod(bucket_index, {{ season }}){% else %}0{% endif %} as season,
            {{ excluded }} as is_excluded
        from monitor_series
    ),

    monitor_points as (
        select
            *,
            bucket_index >= {{ window.detected }} and not is_excluded as is_detected,
            case
                when not is_excluded
                {%- if settings.exclude_detection_period_from_training %}
                and bucket_index < {{ window.detected }}
                {%- endif %}
                {%- if settings.anomaly_exclude_metrics %}
                and not coalesce({{ dataops_toolkit.excluded_metrics(settings, window) }}, false)
                {%- endif %}
                then value
            end as training_value
        from monitor_numbers
    )
{%- endmacro %}
