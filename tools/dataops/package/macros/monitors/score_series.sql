{#-
    The engine: CTEs that follow one named `monitor_series` (metric, dimension, bucket_index, value, trials), and the
    query of every point with its control limits. A point is judged by what came before it, never by itself. The
    formulas and their sources are in docs/monitors.md.
-#}
{% macro score_series(settings, window) %}
    {{- dataops_toolkit.monitor_points(settings, window) }},
    {% if settings.standard -%}
    {{ dataops_toolkit.charted_points(settings) }},
    {%- else -%}
    {{ dataops_toolkit.held_points(settings, window) }},
    {{ dataops_toolkit.charted_points(settings) | replace('monitor_points', 'trained_points') }},
    {%- endif %}
    {% if dataops_toolkit.monitor_rules(settings.rules) -%}
    {{ dataops_toolkit.run_lengths(settings) }},
    {%- endif %}
    {{ dataops_toolkit.judged_points(settings, window) }}
    select
        metric,
        dimension,
        {{ dataops_toolkit.bucket_timestamp('bucket_index', settings.time_bucket, window) }} as bucket,
        value,
        centre,
        {{ 'cast(null as ' ~ dataops_toolkit.double_type() ~ ')' if settings.anomaly_direction == 'spike' else 'lower_limit' }} as lower,
        {{ 'cast(null as ' ~ dataops_toolkit.double_type() ~ ')' if settings.anomaly_direction == 'drop' else 'upper_limit' }} as upper,
        score,
        rule,
        rule is not null as is_anomaly,
        is_detected,
        trained as training_set_size,
        trials,
        {{ dataops_toolkit.anomalies_in_all('rule is not null') }}
    from monitor_judged
    {%- if window.shown %}
    where bucket_index >= {{ window.shown }}
    {%- endif %}
{% endmacro %}
