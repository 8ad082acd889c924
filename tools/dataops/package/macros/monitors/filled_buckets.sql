{#-
    CTEs from `monitor_measured` to `monitor_filled`: every bucket of the window from the first with data on, with or
    without data of its own; where no bucket has any, the last one. A value of a dimension is there from the table's first bucket, so that a new one is seen.
    Each CTE is read once: engines that read a CTE anew for each use still read the table once.
-#}
{% macro filled_buckets(settings, window, measures) -%}
    monitor_spine as (
        {{ dataops_toolkit.bucket_spine(window) }}
    ),
    {% if settings.dimensions %}
    -- One more, of no value, so that a table without a row is there too, as a point of 0 rows.
    monitor_seen_values as (
        select * from monitor_measured
        union all
        select
            {{ window.end }} as bucket_index,
            cast(null as {{ dbt.type_string() }}) as dimension
            {%- for name in measures %},
            null as {{ name }}
            {%- endfor %}
    ),

    monitor_known as (
        select
            *,
            lead(bucket_index, 1, {{ window.end }}) over (partition by dimension order by bucket_index) as next_index,
            row_number() over (partition by dimension order by bucket_index) as place,
            min(bucket_index) over () as first_index,
            count(*) over () as all_values
        from monitor_seen_values
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
            and spine.bucket_index >= case
                when known.dimension is not null and known.place > 1 then known.bucket_index
                when known.dimension is not null then known.first_index
                when known.all_values = 1 then {{ window.end }} - 1
                else {{ window.end }}
            end
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
        where bucket_index >= coalesce(first_index, {{ window.end }} - 1)
    )
    {%- endif %}
{%- endmacro %}
