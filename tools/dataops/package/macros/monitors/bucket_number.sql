{#-
    Which bucket a moment lies in, counted from 1970, while compiling. Buckets lie where the calendar has them, so that
    they do not move from run to run: weeks begin on Monday, and three days are always the same three.
-#}
{% macro bucket_number(moment, time_bucket) %}
    {%- if time_bucket.period == 'month' -%}
        {% do return(((moment.year - 1970) * 12 + moment.month - 1) // time_bucket.count) %}
    {%- endif -%}
    {%- set length = dataops_toolkit.bucket_length(time_bucket) -%}
    {%- set epoch = modules.datetime.datetime(1970, 1, 1) -%}
    {% do return((((moment - epoch).total_seconds() - length.anchor) // length.seconds) | int) %}
{% endmacro %}
