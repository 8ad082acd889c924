{#-
    CTE `monitor_discrete`: prediction limits of a count or a proportion. Score limits in closed form (Krishnamoorthy and
    Peng 2011), whose variance holds the new point too, with the skewness term of Cornish and Fisher (1938) and half
    a unit for continuity: within the limits means "not rarer than declared".
-#}
{% macro discrete_limits(settings) -%}
    {%- set z = settings.anomaly_sensitivity -%}
    {%- set square = z * z -%}
    {%- set skew = (square - 1) / 6 -%}
    {%- set unit = settings.unit -%}
    monitor_rates as (
        select
            *,
            {{ dataops_toolkit.by_distribution(settings, {
                'normal': 'centre', 'count': 'greatest(centre, 0)',
                'proportion': 'least(greatest(centre / ' ~ unit ~ ', 0), 1)'
            }) }} as rate,
            trials * doubt / nullif(mean_trials, 0) as share_of_trials
        from monitor_errors
    ),

    monitor_terms as (
        select
            *,
            -- How much of a difference between share and rate goes into the pooled share, and the factor before it.
            share_of_trials / (1 + share_of_trials) as pooled,
            {{ square }} * (1 + share_of_trials) / nullif(trials, 0) as factor
        from monitor_rates
    ),

    monitor_middles as (
        select
            *,
            {{ dataops_toolkit.by_distribution(settings, {
                'normal': 'rate',
                'count': 'rate + ' ~ square / 2 ~ ' * doubt + ' ~ skew ~ ' * (1 - doubt)',
                'proportion': 'rate + factor * pooled * (1 - 2 * rate) / (2 * (1 + factor * pooled * pooled)) + '
                    ~ skew ~ ' * (1 - 2 * rate) * (1 - share_of_trials) / trials'
            }) }} as middle,
            {{ dataops_toolkit.by_distribution(settings, {
                'normal': '0',
                'count': '0.5 + ' ~ z ~ ' * sqrt(rate * (1 + doubt) + ' ~ square / 4 ~ ' * doubt * doubt)',
                'proportion': '0.5 / trials + sqrt(power(factor * pooled * (1 - 2 * rate), 2)'
                    ~ ' + 4 * (1 + factor * pooled * pooled) * factor * rate * (1 - rate))'
                    ~ ' / (2 * (1 + factor * pooled * pooled))'
            }) }} as half
        from monitor_terms
    ),

    monitor_discrete as (
        select
            *,
            {{ dataops_toolkit.by_distribution(settings, {
                'normal': 'rate',
                'count': 'least(middle - half, rate - 0.5)',
                'proportion': unit ~ ' * least(middle - half, rate - 0.5 / trials)'
            }) }} as lower_discrete,
            {{ dataops_toolkit.by_distribution(settings, {
                'normal': 'rate',
                'count': 'greatest(middle + half, rate + 0.5)',
                'proportion': unit ~ ' * greatest(middle + half, rate + 0.5 / trials)'
            }) }} as upper_discrete
        from monitor_middles
    )
{%- endmacro %}
