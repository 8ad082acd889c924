{#-
    Fails on each time bucket whose number of rows, or whose longest wait for a new row, is outside its control limits:
    those of `row_count` and `freshness` that `table_anomalies` names, in one pass over the table.
-#}
{% test table_anomalies(model, table_anomalies=none) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set settings = dataops_toolkit.monitor_settings(kwargs, distribution='by_metric') %}
{{ dataops_toolkit.monitored_table(model, settings, dataops_toolkit.table_metrics(
    ['row_count', 'freshness'] if table_anomalies is none else table_anomalies, settings
)) }}
{% endtest %}
