{#-
    CTE `monitor_fitted` from medians, so that a third of the earlier points may be wild: the centre is the median of
    the season, the spread 1.4826 times the median distance from it (Rousseeuw and Croux 1993). The small-sample
    factor and the degrees of freedom were fitted to 8 million simulated normal samples (docs/monitors.md).
-#}
{% macro fit_by_rank(settings) -%}
    {%- set double = dataops_toolkit.double_type() -%}
    {%- set of_point = 'partition by metric, dimension, bucket_index' -%}
    {%- set middle = 'in (floor((members + 1) / 2.0), floor((members + 2) / 2.0))' -%}
    monitor_pairs as (
        select
            point.metric,
            point.dimension,
            point.bucket_index,
            point.season,
            earlier.season as season_before,
            earlier.training_value as value_before,
            earlier.trials as trials_before,
            row_number() over (
                partition by point.metric, point.dimension, point.bucket_index, earlier.season
                order by earlier.training_value
            ) as place,
            count(*) over (
                partition by point.metric, point.dimension, point.bucket_index, earlier.season
            ) as members
        from monitor_points as point
        inner join monitor_points as earlier
            on point.metric = earlier.metric
            and coalesce(point.dimension, '') = coalesce(earlier.dimension, '')
            and point.bucket_index > earlier.bucket_index
            and earlier.training_value is not null
    ),

    monitor_centred as (
        select
            *,
            avg(case when place {{ middle }} then value_before end)
                over ({{ of_point }}, season_before) as median_before,
            case when place = 1 then 1 else 0 end as is_first
        from monitor_pairs
    ),

    monitor_distances as (
        select
            *,
            abs(value_before - median_before) as distance,
            row_number() over ({{ of_point }} order by abs(value_before - median_before)) as distance_place,
            count(*) over ({{ of_point }}) as all_members
        from monitor_centred
    ),

    monitor_ranked as (
        select
            metric,
            dimension,
            bucket_index,
            cast(max(all_members) as {{ double }}) as trained,
            cast(sum(is_first) as {{ double }}) as seasons,
            cast(max(case when season = season_before then members end) as {{ double }}) as trained_of_season,
            max(case when season = season_before then median_before end) as centre,
            avg(
                case
                    when distance_place {{ middle.replace('members', 'all_members') }} then distance
                end
            ) as distance,
            avg(trials_before) as mean_trials
        from monitor_distances
        group by metric, dimension, bucket_index
    ),

    monitor_fitted as (
        select
            points.*,
            ranked.trained,
            {{ dataops_toolkit.freedom_of_median('ranked.trained', 'ranked.seasons') }} as freedom,
            ranked.centre,
            1.4826 * ranked.distance
            * {{ dataops_toolkit.factor_of_median('ranked.trained', 'ranked.seasons') }} as sigma,
            1.5707963267948966 / nullif(ranked.trained_of_season, 0) as doubt,
            ranked.mean_trials
        from monitor_points as points
        left join monitor_ranked as ranked
            on points.metric = ranked.metric
            and coalesce(points.dimension, '') = coalesce(ranked.dimension, '')
            and points.bucket_index = ranked.bucket_index
    )
{%- endmacro %}
