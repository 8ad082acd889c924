{#- SQL: the score of a point, cut at 1,000: where nothing ever varied, any other value is as far as one likes. -#}
{% macro score_of_point(settings) -%}
    {%- set sensitivity = settings.anomaly_sensitivity -%}
    {%- if settings.chart == 'shewhart' -%}
        {%- set score -%}
            case
                when value >= centre then {{ sensitivity }} * (value - centre) / nullif(upper_limit - centre, 0)
                else {{ sensitivity }} * (value - centre) / nullif(centre - lower_limit, 0)
            end
        {%- endset -%}
        {%- set known = 'value is not null' -%}
    {%- else -%}
        {%- set score = 'statistic' -%}
        {%- set known = 'statistic is not null' -%}
    {%- endif -%}
    case when is_judged and {{ known }} then least(greatest({{ score }}, -1000), 1000) end
{%- endmacro %}
