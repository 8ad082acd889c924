{#-
    SQL: seconds since 1970-01-01 00:00 UTC of what has a type that cannot be asked for while compiling, by how it looks
    as a text: a column of an ephemeral model.
-#}
{% macro epoch_seconds_of_any(moment) -%}
    {%- set text = 'cast(' ~ moment ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    case
        when {{ dataops_toolkit.matches_regex(moment, '^-?[0-9]+([.][0-9]+)?$') }}
            then {{ dataops_toolkit.epoch_seconds_of_number(text) }}
        else {{ dataops_toolkit.epoch_seconds_of_text(text) }}
    end
{%- endmacro %}
