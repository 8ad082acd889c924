{#- SQL: one expression for each distribution that a monitor's metrics have; no `case` where there is only one. -#}
{% macro by_distribution(settings, expressions) -%}
    {%- if settings.distributions | length == 1 -%}
    {{ expressions[settings.distributions[0]] }}
    {%- else -%}
    case distribution
        {%- for kind in settings.distributions %}
        when '{{ kind }}' then {{ expressions[kind] }}
        {%- endfor %}
    end
    {%- endif -%}
{%- endmacro %}
