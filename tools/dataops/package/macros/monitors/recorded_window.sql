{#-
    The buckets of a monitor without a timestamp column: the one in which this run is, which alone is judged, and those
    of the training period before it, twice, as in `monitor_window`. A later run in the same bucket replaces its point.
-#}
{% macro recorded_window(settings) %}
    {%- set bucket = settings.time_bucket -%}
    {%- set end = dataops_toolkit.bucket_number(dataops_toolkit.monitor_as_of(), bucket) + 1 -%}
    {%- set length = dataops_toolkit.bucket_length(bucket).seconds -%}
    {%- set training = dataops_toolkit.bucket_length(settings.training_period).seconds -%}
    {%- set trained = (training + length - 1) // length -%}
    {%- set first = end - 1 - 2 * trained -%}
    {% do return({'first': first, 'shown': first, 'detected': end - 1, 'end': end, 'trained': trained}) %}
{% endmacro %}
