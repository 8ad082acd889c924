{#-
    CTE `monitor_fitted`: what the earlier points say of the next one: its centre, the spread (`sigma`) with its degrees
    of freedom, and `doubt`, the variance of the centre in units of sigma squared. Sums of squares are added up by
    Welford's (1962) update, which does not cancel. With seasons: the best linear unbiased predictor of a one-way layout
    with random seasons (Searle, Casella and McCulloch 1992, 7.3-7.4), so that a season with few points leans on all.
-#}
{% macro fit_by_moments(settings) -%}
    {%- set double = dataops_toolkit.double_type() -%}
    {%- set before = dataops_toolkit.before_point() -%}
    {%- set season = dataops_toolkit.before_point(of_season=true) if settings.seasonality else before -%}
    monitor_counted as (
        select
            *,
            cast(count(training_value) over {{ before }} as {{ double }}) as trained,
            avg(training_value) over {{ before }} as mean_before,
            {%- if settings.seasonality %}
            cast(count(training_value) over {{ season }} as {{ double }}) as trained_of_season,
            avg(training_value) over {{ season }} as mean_of_season,
            {%- endif %}
            avg(case when training_value is not null then trials end) over {{ before }} as mean_trials
        from monitor_points
    ),

    monitor_spread as (
        select
            *,
            sum(trained / (trained + 1) * power(training_value - mean_before, 2)) over {{ before }} as squares,
            {%- if settings.seasonality %}
            sum(trained_of_season / (trained_of_season + 1) * power(training_value - mean_of_season, 2))
                over {{ before }} as squares_within,
            sum(
                trained_of_season / (trained_of_season + 1) * power(training_value - mean_of_season, 2)
                / case when distribution = 'count' then greatest(mean_of_season, 0.5) else 1 end
            ) over {{ before }} as squares_relative,
            cast(sum(case when training_value is not null and trained_of_season > 0 then 1 else 0 end)
                over {{ before }} as {{ double }}) as freedom
            {%- else %}
            trained - 1 as freedom
            {%- endif %}
        from monitor_counted
    ),
    {% if settings.seasonality %}
    {{ dataops_toolkit.lean_on_all_seasons() }}
    {%- else %}
    monitor_fitted as (
        select
            *,
            mean_before as centre,
            sqrt(case when squares > 0 and freedom > 0 then squares / freedom else 0 end) as sigma,
            1 / nullif(trained, 0) as doubt
        from monitor_spread
    )
    {%- endif %}
{%- endmacro %}
