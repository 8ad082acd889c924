{#-
    Fails on each time bucket in which a metric of any column is outside its control limits: the metrics of
    `column_anomalies` that suit each column's type, of all columns in one pass over the table. Columns whose name
    begins with `exclude_prefix`, or matches `exclude_regexp` from its beginning, are left out; neither minds capitals.
-#}
{% test all_columns_anomalies(model, column_anomalies=none, exclude_prefix=none, exclude_regexp=none) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set settings = dataops_toolkit.monitor_settings(kwargs, distribution='by_metric') %}
{%- do settings.update({'unit': 100}) %}
{{ dataops_toolkit.monitored_table(model, settings, dataops_toolkit.metrics_of_all_columns(
    dataops_toolkit.columns_of(model), column_anomalies, exclude_prefix, exclude_regexp, settings
)) }}
{% endtest %}
