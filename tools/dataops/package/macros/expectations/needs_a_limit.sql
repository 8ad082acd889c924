{#- An error without a limit, or with one above the other: neither can mean anything. -#}
{% macro needs_a_limit(min_value, max_value) %}
    {%- if min_value is none and max_value is none -%}
        {%- do exceptions.raise_compiler_error('Give min_value, max_value or both') -%}
    {%- endif -%}
    {%- if min_value is number and max_value is number and min_value > max_value -%}
        {%- do exceptions.raise_compiler_error('min_value ' ~ min_value ~ ' is above max_value ' ~ max_value) -%}
    {%- endif -%}
{% endmacro %}
