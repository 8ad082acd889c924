{#-
    Adds to settings what of the table they speak of as SQL, while compiling: `seconds` of the timestamp,
    `dimension_columns`, and `is_emptied`, that no row has a timestamp, for which one row that has is looked for.
-#}
{% macro located_rows(model, settings) %}
    {%- if settings.timestamp_column -%}
        {%- do settings.update({'seconds': dataops_toolkit.seconds_of(model, settings.timestamp_column)}) -%}
        {%- set given = ' and (' ~ settings.where_expression ~ ')' if settings.where_expression else '' -%}
        {%- do settings.update({
            'is_emptied': '(select count(*) from (select 1 as found from ' ~ model ~ ' where ' ~ settings.seconds
                ~ ' is not null' ~ given ~ ' limit 1) as monitor_any) = 0'
        }) -%}
    {%- endif -%}
    {%- set dimensions = [settings.dimensions] if settings.dimensions is string else settings.dimensions -%}
    {%- do settings.update({
        'dimension_columns': dataops_toolkit.resolved_columns(model, dimensions) | map(attribute='sql') | list
    }) -%}
{% endmacro %}
