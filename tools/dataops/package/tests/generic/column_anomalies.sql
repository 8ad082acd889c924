{#-
    Fails on each time bucket in which a metric of the column is outside its control limits: all metrics that
    `column_anomalies` names, in one pass over the table.
-#}
{% test column_anomalies(model, column_name, column_anomalies=none) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set settings = dataops_toolkit.monitor_settings(kwargs, distribution='by_metric') %}
{%- set chosen = column_anomalies or dataops_toolkit.default_column_metrics(model, column_name) %}
{%- set column = dataops_toolkit.resolved_columns(model, [column_name]) | first %}
{%- do settings.update({'unit': 100, 'subject': column_name}) %}
{{ dataops_toolkit.monitored_table(
    model, settings, dataops_toolkit.watched_metrics(column.sql, chosen, settings)
) }}
{% endtest %}
