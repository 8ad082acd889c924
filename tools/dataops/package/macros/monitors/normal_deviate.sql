{#-
    SQL: a point as a standard normal deviate: by Student's distribution (Quesenberry 1991), a count through Anscombe's
    (1948) square root, a proportion through his arcsine.
-#}
{% macro normal_deviate(settings) -%}
    {%- set t = 'least(greatest((value - centre) / error, -1e9), 1e9)' -%}
    {%- set student = t if settings.standard else dataops_toolkit.normal_of_student_t(t, 'freedom') -%}
    {%- set count -%}
        2 * (sqrt(greatest(value, 0) + 0.375) - sqrt(rate + 0.375)) / sqrt(1 + doubt)
    {%- endset -%}
    {%- set hits = 'least(greatest(value / ' ~ settings.unit ~ ', 0), 1)' -%}
    {%- set proportion -%}
        2 * sqrt(trials + 0.5) / sqrt(1 + share_of_trials) * (
            asin(sqrt((trials * {{ hits }} + 0.375) / (trials + 0.75)))
            - asin(sqrt((trials * rate + 0.375) / (trials + 0.75)))
        )
    {%- endset -%}
    case when is_judged then
        {{ dataops_toolkit.by_distribution(settings, {
            'normal': student,
            'count': 'case when dispersion <> 0 then ' ~ student ~ ' else ' ~ count ~ ' end',
            'proportion': 'case when dispersion <> 0 then ' ~ student ~ ' else ' ~ proportion ~ ' end'
        }) }}
    end
{%- endmacro %}
