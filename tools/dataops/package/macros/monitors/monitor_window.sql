{#-
    The buckets that a monitor looks at: those of the detection period, and those of the training period before it. A
    bucket counts when it is over, and the detection delay with it. With `remembers` as many once more are read, which
    are trained from in place of those of an incident: see `held_points`.
-#}
{% macro monitor_window(settings, remembers=false) %}
    {%- set bucket = settings.time_bucket -%}
    {%- set length = dataops_toolkit.bucket_length(bucket).seconds -%}
    {%- set delay = dataops_toolkit.bucket_length(settings.detection_delay).seconds -%}
    {%- set until = dataops_toolkit.monitor_as_of() - modules.datetime.timedelta(seconds=delay) -%}
    {%- set end = dataops_toolkit.bucket_number(until, bucket) -%}
    {%- set numbers = {} -%}
    {%- for name in ('training_period', 'detection_period') -%}
        {%- set seconds = dataops_toolkit.bucket_length(settings[name]).seconds -%}
        {%- do numbers.update({name: (seconds + length - 1) // length}) -%}
    {%- endfor -%}
    {%- set detected = end - numbers.detection_period -%}
    {%- set shown = detected - numbers.training_period -%}
    {% do return({
        'first': shown - numbers.training_period if remembers else shown, 'shown': shown, 'detected': detected, 'end': end,
        'trained': numbers.training_period
    }) %}
{% endmacro %}
