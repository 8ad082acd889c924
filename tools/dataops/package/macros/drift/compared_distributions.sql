{#-
    The whole query of `distribution_drift`: two rows, the index of population stability and the distance of Kolmogorov
    and Smirnov, each with the limit that it must pass to fail: the threshold, or what chance alone would reach where
    there are few rows.
-#}
{% macro compared_distributions(model, column, settings, is_categorical) %}
    {%- set window = dataops_toolkit.monitor_window(settings) -%}
    {%- set tail = 2 * dataops_toolkit.normal_upper_tail(settings.anomaly_sensitivity) -%}
    with {{ dataops_toolkit.counted_values(model, column, settings, window, is_categorical) }},

    {{ dataops_toolkit.binned_values(settings, is_categorical) }},

    drift_bins as (
        select
            dimension,
            bin,
            sum(then_rows) as then_rows,
            sum(now_rows) as now_rows,
            max(gap) as gap
        from drift_binned
        group by dimension, bin
    ),

    drift_shares as (
        select
            *,
            count(*) over (partition by dimension) as bins,
            sum(then_rows) over (partition by dimension) as then_total,
            sum(now_rows) over (partition by dimension) as now_total,
            (then_rows + 0.5) / (sum(then_rows) over (partition by dimension) + 0.5 * count(*) over (partition by dimension))
                as then_share,
            (now_rows + 0.5) / (sum(now_rows) over (partition by dimension) + 0.5 * count(*) over (partition by dimension))
                as now_share
        from drift_bins
    ),

    drift_figures as (
        select
            1 as joined,
            dimension,
            sum((now_share - then_share) * ln(now_share / then_share)) as psi,
            max(gap) as ks,
            max(bins) - 1 as freedom,
            max(then_total) as then_total,
            max(now_total) as now_total,
            sum(case when bin = 0 then 0 else then_rows end) as then_finite,
            sum(case when bin = 0 then 0 else now_rows end) as now_finite
        from drift_shares
        group by dimension
    ),

    drift_limits as (
        select
            names.metric,
            figures.dimension,
            case
                when figures.then_total = 0 or figures.now_total = 0 then null
                when names.metric = 'population_stability_index' then figures.psi
                else figures.ks
            end as value,
            case
                when names.metric = 'population_stability_index' then greatest(
                    {{ settings.psi_threshold }},
                    case when figures.freedom > 0 then {{ dataops_toolkit.chi_square_of_normal('figures.freedom', settings.anomaly_sensitivity) }} else 0 end
                    * (1 / nullif(figures.then_total, 0) + 1 / nullif(figures.now_total, 0))
                )
                else greatest(
                    {{ settings.ks_threshold }},
                    {{ 'sqrt(-ln(' ~ tail / 2 ~ ') / 2)' }}
                    * sqrt(1 / nullif(figures.then_finite, 0) + 1 / nullif(figures.now_finite, 0))
                )
            end as upper_limit,
            figures.then_total,
            coalesce(sum(figures.now_total) over (), 0) = 0 as is_emptied
        from (
            select
                1 as joined,
                'population_stability_index' as metric
            {%- if not is_categorical %}
            union all
            select
                1 as joined,
                'kolmogorov_smirnov' as metric
            {%- endif %}
        ) as names
        -- A table without rows has no figures, and is there all the same.
        left join drift_figures as figures on names.joined = figures.joined
    ),

    drift_judged as (
        select
            *,
            case
                {%- if settings.fails_on_no_rows %}
                when is_emptied and {{ settings.is_emptied }} then 'no_rows'
                {%- endif %}
                when value >= upper_limit then 'drifted'
            end as rule
        from drift_limits
    )

    select
        metric,
        dimension,
        {{ dataops_toolkit.bucket_timestamp('cast(' ~ window.detected ~ ' as ' ~ dbt.type_int() ~ ')', settings.time_bucket, window) }} as bucket,
        value,
        cast(null as {{ dataops_toolkit.double_type() }}) as centre,
        cast(null as {{ dataops_toolkit.double_type() }}) as lower,
        case when value is not null then upper_limit end as upper,
        value as score,
        rule,
        rule is not null as is_anomaly,
        value is not null or rule is not null as is_detected,
        then_total as training_set_size,
        {{ dataops_toolkit.anomalies_in_all('rule is not null') }}
    from drift_judged
{% endmacro %}
