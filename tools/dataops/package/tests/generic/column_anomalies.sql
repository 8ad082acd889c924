{#-
    Fails on each time bucket in which a metric of the column is outside its control limits: all metrics that
    `column_anomalies` names, in one pass over the table.
-#}
{% test column_anomalies(model, column_name, column_anomalies=none) %}
{{ config(fail_calc='coalesce(sum(case when is_anomaly then 1 else 0 end), 0)') }}
{%- set settings = dataops_toolkit.monitor_settings(kwargs, distribution='by_metric') %}
{%- set chosen = column_anomalies or dataops_toolkit.default_column_metrics(model, column_name) %}
{%- do settings.update({'unit': 100, 'subject': column_name}) %}
{{ dataops_toolkit.monitored_table(
    model, settings, dataops_toolkit.watched_metrics(column_name, chosen, settings)
) }}
{% endtest %}
