{#-
    SQL: seconds since 1970-01-01 of a number that counts seconds, milliseconds, microseconds or nanoseconds from then, told
    apart by their size: up to the year 2969 each is larger than the one before. A smaller number, such as
    20240301, is no moment.
-#}
{% macro epoch_seconds_of_number(number) -%}
    {%- set double = 'cast(' ~ number ~ ' as ' ~ dataops_toolkit.double_type() ~ ')' -%}
    case
        when abs({{ double }}) < 100000000 then null
        when abs({{ double }}) < 31536000000 then {{ double }}
        when abs({{ double }}) < 31536000000000 then {{ double }} / 1000
        when abs({{ double }}) < 31536000000000000 then {{ double }} / 1000000
        else {{ double }} / 1000000000
    end
{%- endmacro %}
