{#- The metrics of a whole table as `monitored_table` takes them. A table that is fresher than usual is no anomaly. -#}
{% macro table_metrics(chosen, settings) %}
    {%- set known = {
        'row_count': {'sql': 'count(*)', 'distribution': 'count', 'missing': 'zero'},
        'freshness': {'sql': none, 'distribution': 'normal', 'missing': 'unknown'}
    } -%}
    {%- set metrics = {} -%}
    {%- for name in ([chosen] if chosen is string else chosen) -%}
        {%- if name not in known -%}
            {%- do exceptions.raise_compiler_error(
                "table_anomalies has no '" ~ name ~ "'. It can be: " ~ known | sort | join(', ')
            ) -%}
        {%- endif -%}
        {%- do metrics.update({name: known[name]}) -%}
        {%- if settings.distribution != 'by_metric' -%}
            {%- do known[name].update({'distribution': settings.distribution}) -%}
        {%- endif -%}
    {%- endfor -%}
    {%- if not metrics -%}
        {%- do exceptions.raise_compiler_error('table_anomalies names nothing. It can be: ' ~ known | sort | join(', ')) -%}
    {%- endif -%}
    {%- if 'freshness' in metrics and not settings.timestamp_column -%}
        {%- do exceptions.raise_compiler_error('freshness needs timestamp_column: the age of rows is read from it') -%}
    {%- endif -%}
    {%- do settings.update({'spikes_only': ['freshness']}) -%}
    {% do return(metrics) %}
{% endmacro %}
