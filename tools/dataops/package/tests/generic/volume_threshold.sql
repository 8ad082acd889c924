{#-
    Warns or fails when the number of rows of the last time bucket is further from that of the bucket before than so
    many per cent. Returns every bucket of `days_back`; only the last one is judged.
-#}
{% test volume_threshold(
    model, timestamp_column, warn_threshold_percent=5, error_threshold_percent=10, direction='both', time_bucket=none,
    where_expression=none, days_back=14, min_row_count=100, detection_delay=none
) %}
{{ config(fail_calc='coalesce(max(severity_level), 0)', warn_if='>= 1', error_if='>= 2', limit=dataops_toolkit.no_limit()) }}
{%- set settings = dataops_toolkit.monitor_settings({
    'timestamp_column': timestamp_column, 'time_bucket': time_bucket, 'where_expression': where_expression,
    'training_period': days_back, 'detection_period': time_bucket or {'period': 'day', 'count': 1},
    'detection_delay': detection_delay,
    'anomaly_direction': direction
}) %}
{{ dataops_toolkit.compared_volumes(
    model, settings, warn_threshold_percent, error_threshold_percent, min_row_count
) }}
{% endtest %}
