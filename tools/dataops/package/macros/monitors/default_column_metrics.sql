{#- What is watched of a column where nothing was chosen, by its type. -#}
{% macro default_column_metrics(model, column) %}
    {%- set kind = dataops_toolkit.kind_of_column(model, column) -%}
    {%- if kind == 'unknown' and execute -%}
        {%- do exceptions.raise_compiler_error(
            'The type of ' ~ column ~ ' is not known, as its model is ephemeral. Say what to watch, such as'
            ' column_anomalies: [null_percent, average]'
        ) -%}
    {%- endif -%}
    {% do return(dataops_toolkit.metrics_of_kind(kind, by_default=true)) %}
{% endmacro %}
