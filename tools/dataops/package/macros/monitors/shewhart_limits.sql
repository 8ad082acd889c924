{#-
    CTE `monitor_charted`: the limits of the next point, and `z`, the point as a standard normal deviate (Quesenberry's
    Q statistic), which makes run rules, EWMA and CUSUM those of the textbook however few points came before. A normal
    variable gets the t prediction interval, a count or a proportion its own limits, or the t interval where the training
    data spread more, or far less, than the distribution does.
-#}
{% macro shewhart_limits(settings) -%}
    {%- set sensitivity = settings.anomaly_sensitivity -%}
    {%- set kinds = settings.distributions -%}
    {%- set least = 7 if settings.robust else 3 -%}
    monitor_judgeable as (
        select
            *,
            {% if settings.standard -%}
            value is not null
            {%- else -%}
            value is not null and coalesce(trained, 0) >= {{ [settings.min_training_set_size, least] | max }}
            and coalesce(freedom, 0) >= 2 and centre is not null
            {%- endif %} as is_judged
        from monitor_fitted
    ),

    monitor_errors as (
        select
            *,
            -- Numbers that differ by less than this differ by how they were added up.
            greatest(sigma, 1e-9 * abs(centre), 1e-12) * sqrt(1 + doubt) as error,
            {% if settings.standard -%}
            {{ sensitivity }}
            {%- else -%}
            case when is_judged then {{ dataops_toolkit.student_t_of_normal(sensitivity, 'freedom') }} end
            {%- endif %} as reach,
            case when is_judged then {{ dataops_toolkit.dispersion(settings) }} end as dispersion
        from monitor_judgeable
    ),

    {% if kinds != ['normal'] -%}
    {{ dataops_toolkit.discrete_limits(settings) }},

    {% endif -%}
    monitor_charted as (
        select
            *,
            {{ dataops_toolkit.limit_of_kind(settings, 'lower') }} as lower_limit,
            {{ dataops_toolkit.limit_of_kind(settings, 'upper') }} as upper_limit,
            {{ dataops_toolkit.normal_deviate(settings) }} as z
        from {{ 'monitor_errors' if kinds == ['normal'] else 'monitor_discrete' }}
    )
{%- endmacro %}
