{#-
    The whole query of a monitor: one pass over the table for all metrics, each {sql, distribution, missing}, then the
    engine. `missing` is what an empty bucket has: zero, or unknown.
-#}
{% macro monitored_table(model, settings, metrics) %}
    {%- set window = dataops_toolkit.monitor_window(settings) -%}
    {%- if not settings.timestamp_column -%}
        {%- do exceptions.raise_compiler_error('This monitor needs timestamp_column, by which rows fall into buckets') -%}
    {%- endif -%}
    {%- set measures = {'monitor_rows': 'count(*)'} -%}
    {%- for name, metric in metrics.items() %}{% do measures.update({'monitor_' ~ name: metric.sql}) %}{% endfor -%}
    {%- do settings.update({'distributions': metrics.values() | map(attribute='distribution') | unique | list}) -%}
    {%- set double = dataops_toolkit.double_type() -%}
    with monitor_measured as (
        {{ dataops_toolkit.measured_buckets(model, settings, window, measures) }}
    ),

    {{ dataops_toolkit.filled_buckets(settings, window, measures) }},

    monitor_series as (
        select
            names.metric,
            names.distribution,
            filled.dimension,
            filled.bucket_index,
            cast(
                case names.metric
                    {%- for name, metric in metrics.items() %}
                    when '{{ name }}' then
                        {{ 'coalesce(filled.monitor_' ~ name ~ ', 0)' if metric.missing == 'zero'
                            else 'filled.monitor_' ~ name }}
                    {%- endfor %}
                end as {{ double }}
            ) as value,
            cast(filled.monitor_rows as {{ double }}) as trials
        from monitor_filled as filled
        cross join (
            {%- for name, metric in metrics.items() %}
            {{ 'union all ' if not loop.first }}select '{{ name }}' as metric, '{{ metric.distribution }}' as distribution
            {%- endfor %}
        ) as names
    ),

    {{ dataops_toolkit.score_series(settings, window) }}
{% endmacro %}
