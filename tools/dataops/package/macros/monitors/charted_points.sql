{#-
    CTEs from `monitor_points` to `monitor_charted`, or `monitor_smoothed` of EWMA and CUSUM: each point with what the
    earlier ones that train say of it, and its place on the chart.
-#}
{% macro charted_points(settings) -%}
    {%- if settings.standard -%}
    {{ dataops_toolkit.known_standard(settings) }},
    {%- elif settings.trend -%}
    {{ dataops_toolkit.fit_by_trend(settings) }},
    {%- elif settings.robust -%}
    {{ dataops_toolkit.fit_by_rank(settings) }},
    {%- else -%}
    {{ dataops_toolkit.fit_by_moments(settings) }},
    {%- endif %}
    {{ dataops_toolkit.shewhart_limits(settings) }}
    {%- if settings.chart == 'ewma' -%},
    {{ dataops_toolkit.ewma_limits(settings) }}
    {%- elif settings.chart == 'cusum' -%},
    {{ dataops_toolkit.cusum_limits(settings) }}
    {%- endif %}
{%- endmacro %}
