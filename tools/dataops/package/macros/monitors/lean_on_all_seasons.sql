{#-
    CTEs up to `monitor_fitted`: the centre of a season, drawn towards that of all points by as much as the season's
    own points are few and the seasons alike. `pull` is the variance of the season's own part over sigma squared. The
    variance of a count grows with its mean, so that a busy hour may differ by more than a quiet one.
-#}
{% macro lean_on_all_seasons() -%}
    monitor_seasons as (
        select
            *,
            trained - freedom as seasons,
            case when squares_within > 0 and freedom > 0 then squares_within / freedom else 0 end
            + 1e-18 * mean_before * mean_before + 1e-24 as variance_within
        from monitor_spread
    ),

    monitor_pulls as (
        select
            *,
            case
                when seasons > 1 and squares - squares_within > (seasons - 1) * variance_within
                    then (squares - squares_within - (seasons - 1) * variance_within) / (trained - trained / seasons)
                else 0
            end as variance_between
        from monitor_seasons
    ),

    monitor_weighed as (
        select
            *,
            variance_between / (trained_of_season * variance_between + variance_within) as pull
        from monitor_pulls
    ),

    monitor_fitted as (
        select
            *,
            mean_before
            + case
                when trained_of_season > 0 then trained_of_season * pull * (mean_of_season - mean_before) else 0
            end as centre,
            case
                when distribution = 'count' and freedom > 0
                    then sqrt(
                        squares_relative / freedom * greatest(
                            mean_before + case
                                when trained_of_season > 0
                                    then trained_of_season * pull * (mean_of_season - mean_before)
                                else 0
                            end, 0.5
                        )
                    )
                else sqrt(variance_within)
            end as sigma,
            pull + power(1 - trained_of_season * pull, 2)
            * (variance_between / variance_within + seasons / nullif(trained, 0)) / nullif(seasons, 0) as doubt
        from monitor_weighed
    )
{%- endmacro %}
