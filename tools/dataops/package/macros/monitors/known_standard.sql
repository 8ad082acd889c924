{#- CTE `monitor_fitted` with a mean and a standard deviation that are given, not estimated: "standards given". -#}
{% macro known_standard(settings) -%}
    {%- set double = dataops_toolkit.double_type() -%}
    {%- set spread = settings.standard.get('stddev', (settings.standard.mean | abs) ** 0.5) -%}
    monitor_fitted as (
        select
            *,
            cast(null as {{ double }}) as trained,
            cast(null as {{ double }}) as freedom,
            cast({{ settings.standard.mean }} as {{ double }}) as centre,
            cast({{ spread }} as {{ double }}) as sigma,
            cast(0 as {{ double }}) as doubt,
            trials as mean_trials
        from monitor_points
    )
{%- endmacro %}
