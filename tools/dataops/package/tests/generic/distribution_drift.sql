{#-
    Fails when the distribution of the column in the detection period has moved away from that of the training period
    before it: the population stability index, and of numbers the distance of Kolmogorov and Smirnov. Returns both, in
    one pass over the table. Text and booleans are compared by value; `categorical` says so of numbers.
-#}
{% test distribution_drift(model, column_name) %}
{{ config(fail_calc='coalesce(sum(case when is_anomaly then 1 else 0 end), 0)') }}
{%- set settings = dataops_toolkit.drift_settings(kwargs) %}
{%- set is_categorical = settings.categorical %}
{%- if is_categorical is none %}
    {%- set is_categorical = dataops_toolkit.kind_of_column(model, column_name) != 'number' %}
{%- endif %}
{{ dataops_toolkit.compared_distributions(model, column_name, settings, is_categorical) }}
{% endtest %}
