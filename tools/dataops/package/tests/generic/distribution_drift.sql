{#-
    Fails when the distribution of the column in the detection period has moved away from that of the training period
    before it: the population stability index, and of numbers the distance of Kolmogorov and Smirnov. Returns both, in
    one pass over the table. Text and booleans are compared by value; `categorical` says so of numbers.
-#}
{% test distribution_drift(model, column_name) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set settings = dataops_toolkit.drift_settings(kwargs) %}
{%- set column = (dataops_toolkit.resolved_columns(model, [column_name]) | first).sql %}
{%- set kind = dataops_toolkit.kind_of_column(model, column_name) if settings.categorical is none else none %}
{%- do dataops_toolkit.located_rows(model, settings) %}
{%- if kind == 'unknown' and execute %}
{{ dataops_toolkit.compared_by_type(model, column, settings) }}
{%- else %}
{%- set is_categorical = kind != 'number' if kind else settings.categorical %}
{{ dataops_toolkit.compared_distributions(model, column, settings, is_categorical) }}
{%- endif %}
{{- dataops_toolkit.failures_first() }}
{% endtest %}
