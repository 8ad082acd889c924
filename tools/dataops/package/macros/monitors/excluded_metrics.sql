{#-
    SQL: Elementary's `anomaly_exclude_metrics`, a condition on metric_value, metric_date and metric_time_bucket, with
    these names replaced by what they stand for.
-#}
{% macro excluded_metrics(settings, window) -%}
    {%- set moment = dataops_toolkit.bucket_timestamp('bucket_index', settings.time_bucket, window) -%}
    (
        {{- settings.anomaly_exclude_metrics
            | replace('metric_time_bucket', moment)
            | replace('metric_date', 'cast(' ~ moment ~ ' as date)')
            | replace('metric_value', 'value') -}}
    )
{%- endmacro %}
