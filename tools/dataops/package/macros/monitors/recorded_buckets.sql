{#-
    CTEs `monitor_recorded`, what earlier runs measured, and `monitor_filled`, what this run measures: the whole table,
    one bucket. A value of a dimension that earlier runs saw and this one does not has no rows now.
-#}
{% macro recorded_buckets(model, settings, window, measures, subject) -%}
    monitor_recorded as (
        {{ dataops_toolkit.recorded_rows(dataops_toolkit.recorded_points(settings, window, subject)) }}
    ),

    monitor_measured as (
        select
            {%- if settings.dimensions %}
            {{ dataops_toolkit.dimension_of(settings.dimension_columns) }} as dimension,
            {%- endif %}
            {%- for name, measure in measures.items() %}
            {{ measure }} as {{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from {{ model }}
        {%- if settings.where_expression %}
        where {{ settings.where_expression }}
        {%- endif %}
        {%- if settings.dimensions %}
        group by 1
        {%- endif %}
    ),

    monitor_filled as (
        select
            {{ window.end - 1 }} as bucket_index,
            {%- if settings.dimensions %}
            dimension,
            {{ measures | join(',\n            ') }}
        from (
            select
                dimension,
                {%- for name in measures %}
                max({{ name }}) as {{ name }},
                {%- endfor %}
                count(*) over () as all_values
            from (
                select
                    dimension,
                    {{ measures | join(',\n                    ') }}
                from monitor_measured
                union all
                select
                    dimension
                    {%- for name in measures %},
                    null as {{ name }}
                    {%- endfor %}
                from monitor_recorded
                -- One more, of no value, so that a table without a row is there too.
                union all
                select
                    cast(null as {{ dbt.type_string() }}) as dimension
                    {%- for name in measures %},
                    null as {{ name }}
                    {%- endfor %}
            ) as known
            group by dimension
        ) as grouped
        where dimension is not null or all_values = 1
            {%- else %}
            cast(null as {{ dbt.type_string() }}) as dimension,
            {{ measures | join(',\n            ') }}
        from monitor_measured
            {%- endif %}
    )
{%- endmacro %}
