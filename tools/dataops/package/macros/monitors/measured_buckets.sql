{#-
    A query of the table, the only one: the measures, {name: SQL}, of each bucket of the window, and of each combination
    of the dimensions. Rows without a timestamp belong to no bucket.
-#}
{% macro measured_buckets(model, settings, window, measures) -%}
    {%- set seconds = settings.seconds -%}
    select
        {{ dataops_toolkit.bucket_of(seconds, settings.time_bucket) }} as bucket_index,
        {%- if settings.dimensions %}
        {{ dataops_toolkit.dimension_of(settings.dimension_columns) }} as dimension,
        {%- endif %}
        {%- for name, measure in measures.items() %}
        {{ measure }} as {{ name }}{{ ',' if not loop.last }}
        {%- endfor %}
    from {{ model }}
    where
        {{ seconds }} >= {{ dataops_toolkit.bucket_start(window.first, settings.time_bucket) }}
        and {{ seconds }} < {{ dataops_toolkit.bucket_start(window.end, settings.time_bucket) }}
        {%- if settings.where_expression %}
        and ({{ settings.where_expression }})
        {%- endif %}
    group by 1{{ ', 2' if settings.dimensions }}
{%- endmacro %}
