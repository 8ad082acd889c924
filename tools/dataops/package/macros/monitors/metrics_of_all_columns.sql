{#-
    The metrics of many columns as `monitored_table` takes them. They are called `<column>.<metric>`; names of columns
    may hold anything, so SQL knows them by their place.
-#}
{% macro metrics_of_all_columns(columns, chosen, exclude_prefix, exclude_regexp, settings) %}
    {%- set metrics = {} -%}
    {#- A name that no column could have is told from one that suits no column here. -#}
    {%- do dataops_toolkit.watched_metrics('none', chosen or [], settings) -%}
    {%- for column in columns
        if not (exclude_prefix and (column.name | lower).startswith(exclude_prefix | lower))
        and not (exclude_regexp and modules.re.match(exclude_regexp, column.name, modules.re.IGNORECASE)) -%}
        {%- set place = loop.index -%}
        {%- set kind = dataops_toolkit.kind_of_type(column.data_type) -%}
        {%- set suited = dataops_toolkit.metrics_of_kind(kind, by_default=not chosen) -%}
        {%- set wanted = (chosen | select('in', suited) | list) if chosen else suited -%}
        {%- set quoted = dataops_toolkit.quoted_name(column.name) -%}
        {%- for name, metric in dataops_toolkit.watched_metrics(quoted, wanted, settings).items() -%}
            {%- do metric.update({'called': column.name ~ '.' ~ name}) -%}
            {%- do metrics.update({place ~ '_' ~ name: metric}) -%}
        {%- endfor -%}
    {%- endfor -%}
    {%- if columns and not metrics -%}
        {%- do exceptions.raise_compiler_error(
            'all_columns_anomalies is left without a column: the excluded ones, and those that column_anomalies does'
            ' not suit, are all there are'
        ) -%}
    {%- endif -%}
    {% do return(metrics) %}
{% endmacro %}
