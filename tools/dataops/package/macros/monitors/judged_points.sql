{#-
    CTE `monitor_judged`: the score and, for a point of the detection period, the first rule that it broke. A score is
    the distance from the centre in sigmas, stretched so that the limit lies at the sensitivity; of EWMA and CUSUM it is
    the chart's own statistic.
-#}
{% macro judged_points(settings, window) -%}
    {%- set plain = settings.chart == 'shewhart' -%}
    {%- set rules = dataops_toolkit.monitor_rules(settings.rules) -%}
    {%- set source = 'monitor_runs' if rules else ('monitor_charted' if plain else 'monitor_smoothed') -%}
    {%- set changes = settings.ignore_small_changes -%}
    {%- set spike = (changes.get('spike_failure_percent_threshold') or 0) / 100 -%}
    {%- set drop = (changes.get('drop_failure_percent_threshold') or 0) / 100 -%}
    {%- set name = 'beyond_limit' if plain else settings.chart ~ '_beyond_limit' -%}
    {%- set lower = 'lower_limit' if plain else 'lower_shown' -%}
    {%- set upper = 'upper_limit' if plain else 'upper_shown' -%}
    {%- set fired = [
        (name, 'value > upper_limit', 'value < lower_limit') if plain else (name, 'fires_up', 'fires_down')
    ] -%}
    {%- for number in rules %}{% do fired.append(dataops_toolkit.run_rule(number)) %}{% endfor -%}
    {%- set since = window.first if settings.timestamp_column else window.detected -%}
    monitor_shown as (
        select
            *,
            {{ dataops_toolkit.score_of_point(settings) }} as score
        from {{ source }}
    ),

    monitor_judged as (
        select
            metric,
            dimension,
            bucket_index,
            value,
            centre,
            score,
            trials,
            trained,
            is_detected,
            case when is_judged then {{ 'least(' ~ lower ~ ', centre - ' ~ drop ~ ' * abs(centre))' if drop else lower }} end as lower_limit,
            case when is_judged then {{ 'greatest(' ~ upper ~ ', centre + ' ~ spike ~ ' * abs(centre))' if spike else upper }} end as upper_limit,
            case
                when not is_detected then null
                when is_broken then 'not_finite'
                {%- if settings.fail_on_zero %}
                when value = 0 then 'zero'
                {%- endif %}
                {%- if settings.fails_on_no_rows or 'freshness' in settings.spikes_only %}
                when coalesce(max(case when bucket_index >= {{ since }} then trials end) over (), 0) = 0
                    and {{ settings.is_emptied }}
                    {{- " and metric = 'freshness'" if not settings.fails_on_no_rows }} then 'no_rows'
                {%- endif %}
                when not is_judged then null
                {%- for name, up, down in fired %}
                when {{ dataops_toolkit.beyond_limits(settings, up, down) }} then '{{ name }}'
                {%- endfor %}
            end as rule
        from monitor_shown
    )
{%- endmacro %}
