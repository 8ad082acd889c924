{#-
    CTEs from `monitor_points` to `trained_points`, the same points, without those of an open incident among the ones that
    train: what lasts would else become what is usual, and the alarm would end while the incident goes on.

    The chart is drawn three times. The first time finds the newest incident: the first point beyond its limits of the
    last run of points on one side of the centre that has such a point. The second time nothing trains from that point
    on: the incident lasts until a point is back within these limits, those of before. They are those of that point where
    limits depend on what trains alone, and the second time is left out. The third time trains from all but the
    incident, and from as many earlier points in its place. A run that reaches into a window of `exclude` or
    of a resumed pause is none: somebody has looked at it, and what comes after is the new normal.
-#}
{% macro held_points(settings, window) -%}
    {%- set charted = dataops_toolkit.charted_points(settings) -%}
    {%- set plain = settings.chart == 'shewhart' -%}
    {%- set last = 'charted' if plain else 'smoothed' -%}
    {%- set side = 'z' if plain else 'statistic' -%}
    {%- set beyond = dataops_toolkit.beyond_limits(settings, 'value > upper_limit', 'value < lower_limit') -%}
    {#- A figure that follows itself comes back from a wave by itself. -#}
    {%- set fires = beyond if plain
        else '(' ~ dataops_toolkit.beyond_limits(settings, 'fires_up', 'fires_down') ~ ' and (persistence = 0 or ' ~ beyond ~ '))' -%}
    {%- set point = 'metric, dimension, distribution, bucket_index, trials, value, is_broken, season, is_excluded, is_detected' -%}
    {%- set limits = ['centre', 'lower_limit', 'upper_limit'] -%}
    {%- set is_constant = plain and not settings.seasonality and not settings.trend
        and 'proportion' not in settings.distributions -%}
    {%- set so_far = '(partition by metric, dimension order by bucket_index rows between unbounded preceding and current row)' -%}
    {{ charted | replace('monitor_', 'first_') | replace('first_points', 'monitor_points') }},

    held_sides as (
        select
            {{ point }},
            training_value,
            {%- if is_constant %}
            {{ limits | join(',\n            ') }},
            {%- endif %}
            coalesce(is_judged and not is_excluded and {{ fires }}, false) as fires,
            case when is_excluded then null when {{ side }} > 0 then 1 when {{ side }} < 0 then -1 end as side
        from first_{{ last }}
    ),

    held_crossings as (
        select
            *,
            -- The last point on the other side, before the run that a point is in.
            coalesce(
                case
                    when side = 1 then max(case when side = -1 then bucket_index end) over {{ so_far }}
                    when side = -1 then max(case when side = 1 then bucket_index end) over {{ so_far }}
                end, -1
            ) as crossing,
            max(case when is_excluded then bucket_index end) over (partition by metric, dimension) as last_excluded
        from held_sides
    ),

    held_runs as (
        select
            *,
            min(case when fires and coalesce(last_excluded <= crossing, true) then bucket_index end)
                over (partition by metric, dimension, side, crossing) as began
        from held_crossings
    ),

    second_points as (
        select
            {{ point }},
            onset,
            training_value as own_training_value,
            {%- if is_constant %}
            {%- for limit in limits %}
            max(case when bucket_index = onset then {{ limit }} end) over (partition by metric, dimension) as {{ limit }},
            {%- endfor %}
            value is not null as is_judged,
            {%- endif %}
            case when onset is null or bucket_index < onset then training_value end as training_value
        from (
            select
                *,
                max(began) over (partition by metric, dimension) as onset
            from held_runs
        ) as held_onsets
    ),

    {% if not is_constant -%}
    {{ charted | replace('monitor_', 'second_') }},

    {% endif -%}
    held_ends as (
        select
            {{ point }},
            onset,
            own_training_value,
            min(
                case
                    when bucket_index > onset and is_judged and not is_excluded and not coalesce({{ fires }}, false)
                        then bucket_index
                end
            ) over (partition by metric, dimension) as back
        from second_{{ 'points' if is_constant else last }}
    ),

    held_incidents as (
        select
            *,
            coalesce(bucket_index >= onset and bucket_index < coalesce(back, bucket_index + 1), false) as is_held
        from held_ends
    ),

    trained_points as (
        select
            {{ point }},
            case
                when not is_held
                {%- if window.trained %}
                and bucket_index >= {{ window.detected - window.trained }} - held_before
                {%- endif %}
                then own_training_value
            end as training_value
        from (
            select
                *,
                sum(case when is_held and bucket_index < {{ window.detected }} then 1 else 0 end)
                    over (partition by metric, dimension) as held_before
            from held_incidents
        ) as held_counts
    )
{%- endmacro %}
