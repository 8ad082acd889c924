{#-
    Fails on each time bucket in which a metric of the column is outside its control limits: all metrics that
    `column_anomalies` names, in one pass over the table.
-#}
{% test column_anomalies(model, column_name, column_anomalies=none) %}
{{ config(fail_calc='coalesce(sum(case when is_anomaly then 1 else 0 end), 0)') }}
{%- set settings = dataops_toolkit.monitor_settings(kwargs, distribution='by_metric') %}
{%- set known = dataops_toolkit.column_metrics(column_name) %}
{%- set chosen = column_anomalies or dataops_toolkit.default_column_metrics(model, column_name) %}
{%- set metrics = {} %}
{%- for name in chosen %}
    {%- if name not in known %}
        {%- do exceptions.raise_compiler_error(
            "column_anomalies has no '" ~ name ~ "'. It can be: " ~ known | sort | join(', ')
        ) %}
    {%- endif %}
    {%- set own = known[name].get('distribution', 'normal') %}
    {%- do metrics.update({name: {
        'sql': known[name].sql,
        'missing': known[name].get('missing', 'unknown'),
        'distribution': own if settings.distribution == 'by_metric' else settings.distribution
    }}) %}
{%- endfor %}
{%- do settings.update({'unit': 100}) %}
{{ dataops_toolkit.monitored_table(model, settings, metrics) }}
{% endtest %}
