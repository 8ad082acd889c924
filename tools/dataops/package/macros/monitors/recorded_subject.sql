{#-
    What a recorded figure is a figure of: points of another column, filter, set of dimensions or bucket are of another
    series. What is left at its default is not named, so that the name of a series outlives new settings.
-#}
{% macro recorded_subject(settings) %}
    {%- set parts = [] -%}
    {%- for name in ('subject', 'dimensions', 'where_expression') if settings[name] -%}
        {%- do parts.append(name ~ ' ' ~ settings[name]) -%}
    {%- endfor -%}
    {%- if config.get('where') -%}
        {%- do parts.append('where ' ~ config.get('where')) -%}
    {%- endif -%}
    {%- if settings.time_bucket != {'period': 'day', 'count': 1} -%}
        {%- do parts.append('time_bucket ' ~ settings.time_bucket.count ~ ' ' ~ settings.time_bucket.period) -%}
    {%- endif -%}
    {% do return(parts | join(', ') or 'table') %}
{% endmacro %}
