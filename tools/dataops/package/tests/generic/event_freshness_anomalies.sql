{#-
    Fails on each time bucket in which the longest time between an event and its arrival in the table, in seconds, is
    above its control limit.
-#}
{% test event_freshness_anomalies(model, event_timestamp_column, update_timestamp_column) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set settings = dataops_toolkit.monitor_settings(kwargs, anomaly_direction='spike') %}
{%- do settings.update({'timestamp_column': update_timestamp_column}) %}
{{ dataops_toolkit.monitored_table(model, settings, {
    'event_freshness': {
        'sql': 'max(' ~ dataops_toolkit.seconds_of(model, update_timestamp_column) ~ ' - '
            ~ dataops_toolkit.seconds_of(model, event_timestamp_column) ~ ')',
        'distribution': settings.distribution, 'missing': 'unknown'
    }
}) }}
{% endtest %}
