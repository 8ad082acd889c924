{#- SQL: the lower or upper limit of a point: no count is below 0, no share is above all. -#}
{% macro limit_of_kind(settings, side) -%}
    {%- set sign = '-' if side == 'lower' else '+' -%}
    {%- set spread = 'centre ' ~ sign ~ ' reach * error' -%}
    {%- set widest = 'least' if side == 'lower' else 'greatest' -%}
    {%- set step = dataops_toolkit.by_distribution(settings, {
        'normal': '0', 'count': '0.5', 'proportion': settings.unit / 2 ~ ' / trials'
    }) -%}
    {%- set discrete -%}
        case dispersion
            when 1 then {{ widest }}({{ side }}_discrete, {{ spread }})
            when -1 then centre {{ sign }} greatest(reach * error, {{ step }})
            else {{ side }}_discrete
        end
    {%- endset -%}
    {%- set floored = 'greatest(' ~ discrete ~ ', 0)' -%}
    case when is_judged then
        {{ dataops_toolkit.by_distribution(settings, {
            'normal': spread,
            'count': floored if side == 'lower' else discrete,
            'proportion': floored if side == 'lower' else 'least(' ~ discrete ~ ', ' ~ settings.unit ~ ')'
        }) }}
    end
{%- endmacro %}
