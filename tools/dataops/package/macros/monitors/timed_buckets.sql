{#-
    CTEs to `monitor_filled` with `monitor_rows` and `monitor_freshness`: the longest time, in seconds, that the newest
    row of the table was old during a bucket, between one row and the next or at the bucket's end. The pass over the
    table keeps the first and last row of each 1440th of a bucket: what lies between two of these is exact, and only a
    bucket whose longest gap is shorter than that has it a little too short. The bucket before the window is read for its
    last row. A bucket that begins with the table's first row is unknown: how long it waited for that cannot be told.
-#}
{% macro timed_buckets(model, settings, window) -%}
    {%- set bucket = settings.time_bucket -%}
    {%- set length = dataops_toolkit.bucket_length(bucket) -%}
    {%- set seconds = settings.seconds -%}
    {%- set series = 'partition by dimension ' if settings.dimensions else '' -%}
    {%- set measures = {'monitor_rows': none, 'monitor_gap': none, 'monitor_newest': none} -%}
    monitor_slots as (
        select
            {{ dataops_toolkit.bucket_of(seconds, bucket) }} as bucket_index,
            floor(({{ seconds }} - {{ length.anchor }}) / {{ length.seconds / 1440 }}) as slot,
            {%- if settings.dimensions %}
            {{ dataops_toolkit.dimension_of(settings.dimension_columns) }} as dimension,
            {%- endif %}
            count(*) as slot_rows,
            min({{ seconds }}) as oldest,
            max({{ seconds }}) as newest
        from {{ model }}
        where
            {{ seconds }} >= {{ dataops_toolkit.bucket_start(window.first - 1, bucket) }}
            and {{ seconds }} < {{ dataops_toolkit.bucket_start(window.end, bucket) }}
            {%- if settings.where_expression %}
            and ({{ settings.where_expression }})
            {%- endif %}
        group by 1, 2{{ ', 3' if settings.dimensions }}
    ),

    monitor_gaps as (
        select
            *,
            oldest - lag(newest) over ({{ series }}order by bucket_index, slot) as gap
        from monitor_slots
    ),

    monitor_measured as (
        select
            bucket_index,
            {%- if settings.dimensions %}
            dimension,
            {%- endif %}
            sum(slot_rows) as monitor_rows,
            case when count(*) = count(gap) then max(gap) end as monitor_gap,
            max(newest) as monitor_newest
        from monitor_gaps
        group by bucket_index{{ ', dimension' if settings.dimensions }}
    ),

    {{ dataops_toolkit.filled_buckets(settings, window, measures) | replace('monitor_filled', 'monitor_lasting') }},

    monitor_seen as (
        select
            *,
            {{ dataops_toolkit.bucket_end_seconds('bucket_index', bucket, window) }}
            - max(monitor_newest) over ({{ series }}order by bucket_index) as age_at_end
        from monitor_lasting
    ),

    monitor_filled as (
        select
            bucket_index,
            dimension,
            monitor_rows,
            monitor_rows as monitor_row_count,
            case
                when monitor_rows is not null and monitor_gap is null then null
                when monitor_gap > age_at_end then monitor_gap
                else age_at_end
            end as monitor_freshness
        from monitor_seen
    )
{%- endmacro %}
