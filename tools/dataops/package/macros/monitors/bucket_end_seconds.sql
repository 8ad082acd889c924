{#- SQL: the second since 1970-01-01 at which a bucket is over. -#}
{% macro bucket_end_seconds(number, time_bucket, window) -%}
    {%- if time_bucket.period == 'month' -%}
        case {{ number }}
            {%- for month in range(window.first, window.end) %}
            when {{ month }} then {{ dataops_toolkit.bucket_start(month + 1, time_bucket) }}
            {%- endfor %}
        end
    {%- else -%}
        {%- set length = dataops_toolkit.bucket_length(time_bucket) -%}
        ((cast({{ number }} as bigint) + 1) * {{ length.seconds }} + {{ length.anchor }})
    {%- endif -%}
{%- endmacro %}
