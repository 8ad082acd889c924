{#- The whole query of `volume_threshold`: the rows of each bucket beside those of the bucket before. -#}
{% macro compared_volumes(model, settings, warn, error, least) %}
    {%- if not 0 <= warn <= error -%}
        {%- do exceptions.raise_compiler_error(
            'warn_threshold_percent is at least 0 and at most error_threshold_percent'
        ) -%}
    {%- endif -%}
    {%- do dataops_toolkit.located_rows(model, settings) -%}
    {%- set window = dataops_toolkit.monitor_window(settings) -%}
    {%- set measures = {'monitor_rows': 'count(*)'} -%}
    {%- set double = dataops_toolkit.double_type() -%}
    {%- set sides = {'both': 'abs(score)', 'spike': 'score', 'drop': '-score'} -%}
    {%- set side = sides[settings.anomaly_direction] -%}
    with monitor_measured as (
        {{ dataops_toolkit.measured_buckets(model, settings, window, measures) }}
    ),

    {{ dataops_toolkit.filled_buckets(settings, window, measures) }},

    monitor_counted as (
        select
            bucket_index,
            cast(coalesce(monitor_rows, 0) as {{ double }}) as value,
            lag(cast(coalesce(monitor_rows, 0) as {{ double }})) over (order by bucket_index) as centre
        from monitor_filled
    ),

    monitor_changed as (
        select
            *,
            case
                when centre > 0 then 100 * (value - centre) / centre
                when centre = 0 and value > 0 then 1000
                when centre = 0 then 0
            end as score,
            bucket_index >= {{ window.detected }} and centre >= {{ least }} as is_detected,
            {{ 'coalesce(sum(value) over (), 0) = 0 and ' ~ settings.is_emptied if settings.fails_on_no_rows else '(1 = 0)' }} as is_emptied
        from monitor_counted
    ),

    monitor_judged as (
        select
            *,
            case
                when is_emptied then 3
                when not is_detected or score is null then 0
                when {{ side }} >= {{ error }} then 2
                when {{ side }} >= {{ warn }} then 1
                else 0
            end as severity_level
        from monitor_changed
    )

    select
        'row_count' as metric,
        cast(null as {{ dbt.type_string() }}) as dimension,
        {{ dataops_toolkit.bucket_timestamp('bucket_index', settings.time_bucket, window) }} as bucket,
        value,
        centre,
        {{ 'centre * ' ~ (1 - warn / 100) if settings.anomaly_direction != 'spike'
            else 'cast(null as ' ~ double ~ ')' }} as lower,
        {{ 'centre * ' ~ (1 + warn / 100) if settings.anomaly_direction != 'drop'
            else 'cast(null as ' ~ double ~ ')' }} as upper,
        score,
        case severity_level when 3 then 'no_rows' when 2 then 'beyond_error_threshold' when 1 then 'beyond_warn_threshold' end as rule,
        severity_level > 0 as is_anomaly,
        is_detected or is_emptied as is_detected,
        severity_level
    from monitor_judged
    {{- dataops_toolkit.failures_first('bucket', 'severity_level') }}
{% endmacro %}
