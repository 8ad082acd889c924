{#- The first second of a bucket since 1970-01-01, while compiling. -#}
{% macro bucket_start(number, time_bucket) %}
    {%- if time_bucket.period == 'month' -%}
        {%- set months = number * time_bucket.count -%}
        {%- set first = modules.datetime.datetime(1970 + months // 12, months % 12 + 1, 1) -%}
        {% do return((first - modules.datetime.datetime(1970, 1, 1)).total_seconds() | int) %}
    {%- endif -%}
    {%- set length = dataops_toolkit.bucket_length(time_bucket) -%}
    {% do return(number * length.seconds + length.anchor) %}
{% endmacro %}
