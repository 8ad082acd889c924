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
            {{ dataops_toolkit.dimension_of(settings.dimensions) }} as dimension,
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
            {%- for name in measures %}
            max({{ name }}) as {{ name }}{{ ',' if not loop.last }}
            {%- endfor %}
        from (
            select
                dimension,
                {{ measures | join(',\n                ') }}
            from monitor_measured
            union all
            select
                dimension
                {%- for name in measures %},
                null as {{ name }}
                {%- endfor %}
            from monitor_recorded
        ) as known
        group by dimension
            {%- else %}
            cast(null as {{ dbt.type_string() }}) as dimension,
            {{ measures | join(',\n            ') }}
        from monitor_measured
            {%- endif %}
    )
{%- endmacro %}
