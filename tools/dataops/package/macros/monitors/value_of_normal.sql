{#- SQL: the value whose standard normal deviate is `z`, the inverse of `normal_deviate`. -#}
{% macro value_of_normal(settings, z) -%}
    {%- set near = 'least(greatest(' ~ z ~ ', -8), 8)' -%}
    {%- set reach = near if settings.standard else dataops_toolkit.student_t_of_normal(near, 'freedom') -%}
    {%- set student = 'centre + error * ' ~ reach -%}
    {%- set root = 'greatest(sqrt(rate + 0.375) + ' ~ near ~ ' / 2 * sqrt(1 + doubt), 0.612372)' -%}
    {%- set count = 'power(' ~ root ~ ', 2) - 0.375' -%}
    {%- set angle -%}
        asin(sqrt((trials * rate + 0.375) / (trials + 0.75)))
        + {{ near }} / 2 * sqrt((1 + share_of_trials) / (trials + 0.5))
    {%- endset -%}
    {%- set share -%}
        (power(sin(least(greatest({{ angle }}, 0), 1.5707963267948966)), 2) * (trials + 0.75) - 0.375) / trials
    {%- endset -%}
    {%- set proportion = settings.unit ~ ' * least(greatest(' ~ share ~ ', 0), 1)' -%}
    {{ dataops_toolkit.by_distribution(settings, {
        'normal': student,
        'count': 'case when dispersion <> 0 then ' ~ student ~ ' else ' ~ count ~ ' end',
        'proportion': 'case when dispersion <> 0 then ' ~ student ~ ' else ' ~ proportion ~ ' end'
    }) }}
{%- endmacro %}
