{#- What is watched of a column where nothing was chosen, by its type. -#}
{% macro default_column_metrics(model, column) %}
    {% do return(dataops_toolkit.metrics_of_kind(dataops_toolkit.kind_of_column(model, column), by_default=true)) %}
{% endmacro %}
