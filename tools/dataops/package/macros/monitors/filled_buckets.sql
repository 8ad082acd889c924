{#-
    CTEs from `monitor_measured` to `monitor_filled`: every bucket of the window from the first with data on, with or
    without data of its own. A value of a dimension is there from the table's first bucket, so that a new one is seen.
    Each CTE is read once: engines that read a CTE anew for each use still read the table once.
-#}
{% macro filled_buckets(settings, window, measures) -%}
    monitor_spine as (
        {{ dataops_toolkit.bucket_spine(window) }}
    ),
    {% if settings.dimensions %}
    monitor_known as (
        select
            *,
            lead(bucket_index, 1, {{ window.end }}) over (partition by dimension order by bucket_index) as next_index,
            row_number() over (partition by dimension order by bucket_index) as place,
            min(bucket_index) over () as first_index
        from monitor_measured
    ),

    -- A bucket with data stands for itself and the empty ones up to the next, the first one for those before it too.
    monitor_filled as (
        select
            spine.bucket_index,
            known.dimension,
            {%- for name in measures %}
            case when spine.bucket_index = known.bucket_index then known.{{ name }} end as {{ name }}
            {{- ',' if not loop.last }}
            {%- endfor %}
        from monitor_known as known
        inner join monitor_spine as spine
            on spine.bucket_index < known.next_index
            and spine.bucket_index >= case when known.place = 1 then known.first_index else known.bucket_index end
    )
    {%- else %}
    monitor_known as (
        select
            spine.bucket_index,
            {%- for name in measures %}
            measured.{{ name }},
            {%- endfor %}
            min(measured.bucket_index) over () as first_index
        from monitor_spine as spine
        left join monitor_measured as measured on spine.bucket_index = measured.bucket_index
    ),

    monitor_filled as (
        select
            *,
            cast(null as {{ dbt.type_string() }}) as dimension
        from monitor_known
        where bucket_index >= coalesce(first_index, {{ window.first }})
    )
    {%- endif %}
{%- endmacro %}
