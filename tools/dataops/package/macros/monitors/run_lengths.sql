{#- CTE `monitor_runs`: the counts over the last points that the chosen rules ask for. -#}
{% macro run_lengths(settings) -%}
    {%- set source = 'monitor_whitened' if settings.chart == 'shewhart' else 'monitor_smoothed' -%}
    {% if settings.chart == 'shewhart' -%}
    {{ dataops_toolkit.unexplained_deviates(settings) }},

    {% endif -%}
    monitor_steps as (
        select
            *,
            case when not is_excluded then w end as deviate,
            sign(value - lag(value) over (partition by metric, dimension order by bucket_index)) as step
        from {{ source }}
    ),

    monitor_turns as (
        select
            *,
            case
                when step * lag(step) over (partition by metric, dimension order by bucket_index) < 0 then 1 else 0
            end as turn
        from monitor_steps
    ),

    monitor_runs as (
        select
            *
            {%- for name, condition, last in [
                ('beyond_2_up', 'deviate > 2', 3), ('beyond_2_down', 'deviate < -2', 3),
                ('beyond_1_up', 'deviate > 1', 5), ('beyond_1_down', 'deviate < -1', 5),
                ('eight_up', 'deviate > 0', 8), ('eight_down', 'deviate < 0', 8),
                ('nine_up', 'deviate > 0', 9), ('nine_down', 'deviate < 0', 9),
                ('rises', 'step > 0', 5), ('falls', 'step < 0', 5), ('turns', 'turn = 1', 12),
                ('within_1', 'abs(deviate) < 1', 15), ('outside_1', 'abs(deviate) > 1', 8)
            ] %},
            sum(case when {{ condition }} then 1 else 0 end) over (
                partition by metric, dimension order by bucket_index
                rows between {{ last - 1 }} preceding and current row
            ) as {{ name }}
            {%- endfor %}
        from monitor_turns
    )
{%- endmacro %}
