{#-
    The whole query of a monitor: one pass over the table for all metrics, each {sql, distribution, missing} and `called`
    where its key is not its name, then the engine. `missing` is what an empty bucket has: zero, or unknown. Without a
    timestamp column the pass is over the whole table, and the series is what earlier runs have recorded.
-#}
{% macro monitored_table(model, settings, metrics) %}
    {%- do dataops_toolkit.located_rows(model, settings) -%}
    {%- set recorded = not settings.timestamp_column -%}
    {%- set window = dataops_toolkit.recorded_window(settings) if recorded else dataops_toolkit.monitor_window(settings, remembers=true) -%}
    {%- set measures = {'monitor_rows': 'count(*)'} -%}
    {%- for key, metric in metrics.items() if metric.sql %}{% do measures.update({'monitor_' ~ key: metric.sql}) %}{% endfor -%}
    {%- do settings.update({'distributions': metrics.values() | map(attribute='distribution') | unique | list}) -%}
    {%- if recorded -%}
    {%- set subject = dataops_toolkit.recorded_subject(settings) -%}
    select
        scored.*,
        {{ dataops_toolkit.text_literal(subject) }} as recorded_of,
        {{ dataops_toolkit.text_literal(dataops_toolkit.recorded_node() or '') }} as recorded_from
    from (
    {% endif -%}
    with
    {%- if recorded %}
    {{ dataops_toolkit.recorded_buckets(model, settings, window, measures, subject) }},
    {%- elif 'freshness' in metrics %}
    {{ dataops_toolkit.timed_buckets(model, settings, window) }},
    {%- else %}
    monitor_measured as (
        {{ dataops_toolkit.measured_buckets(model, settings, window, measures) }}
    ),

    {{ dataops_toolkit.filled_buckets(settings, window, measures) }},
    {%- endif %}

    monitor_names as (
        {%- for key, metric in metrics.items() %}
        {{ 'union all ' if not loop.first }}select
            {{ loop.index }} as place,
            {{ dataops_toolkit.text_literal(metric.called or key) }} as metric,
            '{{ metric.distribution }}' as distribution
        {%- endfor %}
    ),

    monitor_series as (
        select
            names.metric,
            names.distribution,
            filled.dimension,
            filled.bucket_index,
            cast(
                case names.place
                    {%- for key, metric in metrics.items() %}
                    when {{ loop.index }} then
                        {{ 'coalesce(filled.monitor_' ~ key ~ ', 0)' if metric.missing == 'zero'
                            else 'filled.monitor_' ~ key }}
                    {%- endfor %}
                end as {{ dataops_toolkit.double_type() }}
            ) as value,
            cast(filled.monitor_rows as {{ dataops_toolkit.double_type() }}) as trials
        from monitor_filled as filled
        cross join monitor_names as names
        {%- if recorded %}

        union all

        select
            names.metric,
            names.distribution,
            recorded.dimension,
            recorded.bucket_index,
            recorded.value,
            recorded.trials
        from monitor_recorded as recorded
        inner join monitor_names as names on recorded.metric = names.metric
        {%- endif %}
    ),

    {{ dataops_toolkit.score_series(settings, window) }}
    {%- if recorded %}
    ) as scored
    {%- endif %}
    {{- dataops_toolkit.failures_first('bucket') }}
{% endmacro %}
