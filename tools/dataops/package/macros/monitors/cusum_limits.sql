{#-
    CTE `monitor_smoothed`: the two one-sided cumulative sums of `w` (Page 1954), each written as the running
    total less its running minimum. A deviate counts at most h + k + 1, so that one wild point fires once and is gone;
    a sum fires while it is beyond h and still growing. The limits shown are the values that would have crossed.
-#}
{% macro cusum_limits(settings) -%}
    {%- set k = settings.cusum_k -%}
    {%- set h = settings.anomaly_sensitivity -%}
    {%- set most = h + k + 1 -%}
    {%- set crossing = h + k -%}
    {%- set so_far = '(partition by metric, dimension order by bucket_index rows between unbounded preceding and current row)' -%}
    {%- set before = dataops_toolkit.before_point() -%}
    {{ dataops_toolkit.unexplained_deviates(settings) }},

    monitor_clipped as (
        select
            *,
            case when w is not null and not is_excluded then least(greatest(w, -{{ most }}), {{ most }}) end as used
        from monitor_whitened
    ),

    monitor_totals as (
        select
            *,
            coalesce(sum(used - {{ k }}) over {{ so_far }}, 0) as total_up,
            coalesce(sum(-used - {{ k }}) over {{ so_far }}, 0) as total_down
        from monitor_clipped
    ),

    monitor_sums as (
        select
            *,
            -- The sums before this point: what is left of the total when its least is taken off.
            total_up - coalesce(used - {{ k }}, 0)
            - least(coalesce(min(total_up) over {{ before }}, 0), 0) as sum_up_before,
            total_down - coalesce(-used - {{ k }}, 0)
            - least(coalesce(min(total_down) over {{ before }}, 0), 0) as sum_down_before
        from monitor_totals
    ),

    monitor_smoothed as (
        select
            *,
            case
                when sum_up_before + used >= sum_down_before - used
                    then greatest(sum_up_before + used - {{ k }}, 0)
                else -greatest(sum_down_before - used - {{ k }}, 0)
            end as statistic,
            sum_up_before + used - {{ k }} > {{ h }} and used > {{ k }} as fires_up,
            sum_down_before - used - {{ k }} > {{ h }} and used < -{{ k }} as fires_down,
            {{ dataops_toolkit.value_of_normal(settings, '(recalled - unexplained * greatest(' ~ crossing ~ ' - sum_down_before, ' ~ k ~ '))') }} as lower_shown,
            {{ dataops_toolkit.value_of_normal(settings, '(recalled + unexplained * greatest(' ~ crossing ~ ' - sum_up_before, ' ~ k ~ '))') }} as upper_shown
        from monitor_sums
    )
{%- endmacro %}
