{#-
    Fails on each time bucket in which the newest row of the table became older than its control limit, in seconds: the
    longest time between one row and the next, or until the bucket's end.
-#}
{% test freshness_anomalies(model) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set settings = dataops_toolkit.monitor_settings(kwargs, anomaly_direction='spike') %}
{{ dataops_toolkit.monitored_table(model, settings, dataops_toolkit.table_metrics(['freshness'], settings)) }}
{% endtest %}
