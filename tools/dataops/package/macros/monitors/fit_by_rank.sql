{#-
    CTE `monitor_fitted` without the earlier points that stand apart: those further from the median of their season than
    the t quantile with a tail of 0.0005 times 1.4826 median distances (Rousseeuw and Croux 1993; rejection: Hampel 1985).
    Of the others it takes the mean of the season and the spread within seasons. The factor and the degrees of freedom
    of the median distance were fitted to simulated normal samples (docs/monitors.md).
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
            cast(count(*) over ({{ of_point }}) as {{ double }}) as all_members,
            cast(sum(is_first) over ({{ of_point }}) as {{ double }}) as all_seasons
        from monitor_centred
    ),

    monitor_scales as (
        select
            *,
            {{ dataops_toolkit.freedom_of_median('all_members', 'all_seasons') }} as freedom_of_median,
            1.4826 * {{ dataops_toolkit.factor_of_median('all_members', 'all_seasons') }} * avg(
                case
                    when distance_place {{ middle.replace('members', 'all_members') }} then distance
                end
            ) over ({{ of_point }}) as scale
        from monitor_distances
    ),

    monitor_kept as (
        select
            *,
            -- With fewer degrees too little is known to reject anything.
            case
                when freedom_of_median < 2 then value_before - median_before
                when distance <= scale * {{ dataops_toolkit.student_t_of_normal(3.2905, 'freedom_of_median') }}
                    then value_before - median_before
            end as kept
        from monitor_scales
    ),

    monitor_within as (
        select
            metric,
            dimension,
            bucket_index,
            season,
            season_before,
            max(all_members) as members,
            cast(count(kept) as {{ double }}) as kept_members,
            max(median_before) + avg(kept) as mean_of_season,
            -- About the median, which is near: nothing cancels.
            greatest(sum(kept * kept) - sum(kept) * sum(kept) / count(kept), 0) as squares,
            sum(case when kept is not null then trials_before end) as trials_of_season
        from monitor_kept
        group by metric, dimension, bucket_index, season, season_before
    ),

    monitor_ranked as (
        select
            metric,
            dimension,
            bucket_index,
            max(members) as trained,
            sum(kept_members) - count(mean_of_season) as freedom,
            sum(squares) as squares,
            max(case when season = season_before then kept_members end) as trained_of_season,
            max(case when season = season_before then mean_of_season end) as centre,
            sum(trials_of_season) / sum(kept_members) as mean_trials
        from monitor_within
        group by metric, dimension, bucket_index
    ),

    monitor_fitted as (
        select
            points.*,
            ranked.trained,
            ranked.freedom,
            ranked.centre,
            sqrt(ranked.squares / nullif(ranked.freedom, 0)) as sigma,
            1 / nullif(ranked.trained_of_season, 0) as doubt,
            ranked.mean_trials
        from monitor_points as points
        left join monitor_ranked as ranked
            on points.metric = ranked.metric
            and coalesce(points.dimension, '') = coalesce(ranked.dimension, '')
            and points.bucket_index = ranked.bucket_index
    )
{%- endmacro %}
