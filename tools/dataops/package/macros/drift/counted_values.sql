{#-
    CTE `drift_counted`, the only pass over the table: how often each value of the column, as `item`, is in the reference
    period and in the one judged. What is no finite number has no `item`.
-#}
{% macro counted_values(model, column, settings, window, is_categorical) -%}
    {%- set seconds = settings.seconds -%}
    {%- set bucket = settings.time_bucket -%}
    {%- set number = 'cast(' ~ column ~ ' as ' ~ dataops_toolkit.double_type() ~ ')' -%}
    {%- set start = dataops_toolkit.bucket_start(window.detected, bucket) -%}
    drift_counted as (
        select
            {{ dataops_toolkit.dimension_of(settings.dimension_columns) if settings.dimensions
                else 'cast(null as ' ~ dbt.type_string() ~ ')' }} as dimension,
            {{ 'cast(' ~ column ~ ' as ' ~ dbt.type_string() ~ ')' if is_categorical
                else 'case when ' ~ number ~ ' between -1e150 and 1e150 then ' ~ number ~ ' end' }} as item,
            cast(sum(case when {{ seconds }} < {{ start }} then 1 else 0 end) as {{ dataops_toolkit.double_type() }}) as then_rows,
            cast(sum(case when {{ seconds }} < {{ start }} then 0 else 1 end) as {{ dataops_toolkit.double_type() }}) as now_rows
        from {{ model }}
        where
            {{ seconds }} >= {{ dataops_toolkit.bucket_start(window.first, bucket) }}
            and {{ seconds }} < {{ dataops_toolkit.bucket_start(window.end, bucket) }}
            {%- if settings.where_expression %}
            and ({{ settings.where_expression }})
            {%- endif %}
            {%- if settings.exclude %}
            and not {{ dataops_toolkit.excluded_buckets(settings, window)
                | replace('bucket_index', dataops_toolkit.bucket_of(seconds, bucket)) }}
            {%- endif %}
        group by 1, 2
    )
{%- endmacro %}
