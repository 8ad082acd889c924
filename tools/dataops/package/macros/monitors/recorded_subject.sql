{#- What a recorded figure is a figure of: points of another column, filter or set of dimensions are of another series. -#}
{% macro recorded_subject(settings) %}
    {%- set parts = [] -%}
    {%- for name in ('subject', 'dimensions', 'where_expression') if settings[name] -%}
        {%- do parts.append(name ~ ' ' ~ settings[name]) -%}
    {%- endfor -%}
    {% do return(parts | join(', ') or 'table') %}
{% endmacro %}
