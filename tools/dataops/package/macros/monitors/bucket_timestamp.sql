{#- SQL: the first moment of a bucket, a timestamp in UTC. -#}
{% macro bucket_timestamp(number, time_bucket, window) -%}
    {%- if time_bucket.period == 'month' -%}
        {%- set seconds -%}
            case {{ number }}
                {%- for month in range(window.first, window.end) %}
                when {{ month }} then {{ dataops_toolkit.bucket_start(month, time_bucket) }}
                {%- endfor %}
            end
        {%- endset -%}
    {%- else -%}
        {%- set length = dataops_toolkit.bucket_length(time_bucket) -%}
        {%- set seconds -%}
            {{ 'cast(' ~ number ~ ' as bigint)' }} * {{ length.seconds }} + {{ length.anchor }}
        {%- endset -%}
    {%- endif -%}
    {{ dataops_toolkit.timestamp_of_epoch_seconds(seconds) }}
{%- endmacro %}
