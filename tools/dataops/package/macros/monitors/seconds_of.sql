{#-
    SQL: seconds since 1970-01-01 00:00 UTC of a column, or of SQL, that tests name, by its type: a date or timestamp,
    a text of one, or a number that counts from 1970. No other type has a moment.
-#}
{% macro seconds_of(model, written) %}
    {%- set column = dataops_toolkit.resolved_columns(model, [written], typed=true) | first -%}
    {%- if not column.data_type -%}
        {%- if execute and '__dbt__cte__' in (model | string) -%}
            {% do return(dataops_toolkit.epoch_seconds_of_any(column.sql)) %}
        {%- endif -%}
        {% do return(dataops_toolkit.epoch_seconds(column.sql)) %}
    {%- endif -%}
    {%- set kind = dataops_toolkit.kind_of_type(column.data_type) -%}
    {%- if kind == 'moment' -%}
        {% do return(dataops_toolkit.epoch_seconds(column.sql)) %}
    {%- elif kind == 'text' -%}
        {% do return(dataops_toolkit.epoch_seconds_of_text(column.sql)) %}
    {%- elif kind == 'number' -%}
        {% do return(dataops_toolkit.epoch_seconds_of_number(column.sql)) %}
    {%- endif -%}
    {%- do exceptions.raise_compiler_error(
        written ~ ' is of type ' ~ column.data_type ~ ', which is no moment in time. Name a date, a timestamp, a text of one, a number'
        ' of seconds since 1970, or SQL that makes one: timestamp_column: cast(' ~ written ~ ' as timestamp)'
    ) -%}
{% endmacro %}
