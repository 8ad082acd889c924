{#- Adds to settings what of the table they speak of as SQL, while compiling: `seconds` of the timestamp and `dimension_columns`. -#}
{% macro located_rows(model, settings) %}
    {%- if settings.timestamp_column -%}
        {%- do settings.update({'seconds': dataops_toolkit.seconds_of(model, settings.timestamp_column)}) -%}
    {%- endif -%}
    {%- set dimensions = [settings.dimensions] if settings.dimensions is string else settings.dimensions -%}
    {%- do settings.update({
        'dimension_columns': dataops_toolkit.resolved_columns(model, dimensions) | map(attribute='sql') | list
    }) -%}
{% endmacro %}
