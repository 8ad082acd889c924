{#-
    CTE `monitor_fitted`: a regression on time over the earlier points, drawn on to the next one; with seasons, each has a
    level of its own and all share the slope. The spread adds up the squares of the recursive residuals, the errors of
    the earlier predictions (Brown, Durbin and Evans 1975): they are independent, and do not cancel. The variance of
    a count grows with its mean, as in `fit_by_moments`.
-#}
{% macro fit_by_trend(settings) -%}
    {%- set double = dataops_toolkit.double_type() -%}
    {%- set before = dataops_toolkit.before_point() -%}
    {%- set season = dataops_toolkit.before_point(of_season=true) if settings.seasonality else before -%}
    {%- set trained_index = 'case when training_value is not null then cast(bucket_index as ' ~ double ~ ') end' -%}
    {%- set next_weight = 'trained_of_season / (trained_of_season + 1)' -%}
    monitor_means as (
        select
            *,
            cast(count(training_value) over {{ before }} as {{ double }}) as trained,
            cast(count(training_value) over {{ season }} as {{ double }}) as trained_of_season,
            avg(training_value) over {{ season }} as mean_of_season,
            bucket_index - avg({{ trained_index }}) over {{ season }} as ahead,
            avg(case when training_value is not null then trials end) over {{ before }} as mean_trials
        from monitor_points
    ),

    monitor_products as (
        select
            *,
            sum(case when training_value is not null then {{ next_weight }} * ahead * ahead end) over {{ before }}
                as squares_of_time,
            sum({{ next_weight }} * ahead * (training_value - mean_of_season)) over {{ before }} as products
        from monitor_means
    ),

    monitor_predicted as (
        select
            *,
            mean_of_season + ahead * products / nullif(squares_of_time, 0) as centre,
            1 / nullif(trained_of_season, 0) + ahead * ahead / nullif(squares_of_time, 0) as doubt
        from monitor_products
    ),

    monitor_residuals as (
        select
            *,
            cast(count(case when training_value is not null then centre end) over {{ before }} as {{ double }}) as freedom,
            sum(
                power(training_value - centre, 2) / (1 + doubt)
                / case when distribution = 'count' then greatest(mean_of_season, 0.5) else 1 end
            ) over {{ before }} as squares
        from monitor_predicted
    ),

    monitor_fitted as (
        select
            *,
            sqrt(
                case when squares > 0 and freedom > 0 then squares / freedom else 0 end
                * case when distribution = 'count' then greatest(mean_of_season, 0.5) else 1 end
            ) as sigma
        from monitor_residuals
    )
{%- endmacro %}
