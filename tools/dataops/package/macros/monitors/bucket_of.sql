{#- SQL: which bucket the seconds since 1970-01-01 lie in; the same number that `bucket_number` has while compiling. -#}
{% macro bucket_of(seconds, time_bucket) -%}
    {%- if time_bucket.period == 'month' -%}
        {%- set moment = dataops_toolkit.timestamp_of_epoch_seconds('floor(' ~ seconds ~ ')') -%}
        cast(
            floor(
                ((extract(year from {{ moment }}) - 1970) * 12 + extract(month from {{ moment }}) - 1)
                / {{ time_bucket.count }}.0
            ) as {{ dbt.type_int() }}
        )
    {%- else -%}
        {%- set length = dataops_toolkit.bucket_length(time_bucket) -%}
        cast(floor(({{ seconds }} - {{ length.anchor }}) / {{ length.seconds }}.0) as {{ dbt.type_int() }})
    {%- endif -%}
{%- endmacro %}
