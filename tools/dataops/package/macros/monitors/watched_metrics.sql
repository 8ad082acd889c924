{#- Metrics of one column as `monitored_table` takes them, {name: {sql, missing, distribution}}. -#}
{% macro watched_metrics(column, chosen, settings) %}
    {%- set known = dataops_toolkit.column_metrics(column) -%}
    {%- set metrics = {} -%}
    {%- for name in chosen -%}
        {%- if name not in known -%}
            {%- do exceptions.raise_compiler_error(
                "column_anomalies has no '" ~ name ~ "'. It can be: " ~ known | sort | join(', ')
            ) -%}
        {%- endif -%}
        {%- set own = known[name].get('distribution', 'normal') -%}
        {%- do metrics.update({name: {
            'sql': known[name].sql,
            'missing': known[name].get('missing', 'unknown'),
            'distribution': own if settings.distribution == 'by_metric' else settings.distribution
        }}) -%}
    {%- endfor -%}
    {% do return(metrics) %}
{% endmacro %}
