{#- Fails on each time bucket whose number of rows is outside its control limits; returns every bucket. -#}
{% test volume_anomalies(model) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set settings = dataops_toolkit.monitor_settings(kwargs, distribution='count') %}
{{ dataops_toolkit.monitored_table(model, settings, {
    'row_count': {'sql': 'count(*)', 'distribution': settings.distribution, 'missing': 'zero'}
}) }}
{% endtest %}
