{#- Fails on each time bucket in which a value of the dimensions has a number of rows outside its control limits. -#}
{% test dimension_anomalies(model, dimensions) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set settings = dataops_toolkit.monitor_settings(kwargs, distribution='count') %}
{%- do settings.update({'dimensions': dimensions}) %}
{{ dataops_toolkit.monitored_table(model, settings, {
    'row_count': {'sql': 'count(*)', 'distribution': settings.distribution, 'missing': 'zero'}
}) }}
{% endtest %}
