{#- A query with one row a bucket of the window, `bucket_index`, whether or not there is data in it. -#}
{% macro bucket_spine(window) -%}
    {%- set number = window.end - window.first -%}
    {%- set digits = (number - 1) | string | length -%}
    select {{ window.first }}
        {%- for digit in range(digits) %} + {{ 10 ** digit }} * digit_{{ digit }}.digit{% endfor %} as bucket_index
    from
        {%- for digit in range(digits) %}
        {{ 'cross join ' if not loop.first }}(
            {%- for value in range(10) %}
            {{ 'union all ' if not loop.first }}select {{ value }} as digit
            {%- endfor %}
        ) as digit_{{ digit }}
        {%- endfor %}
    where {% for digit in range(digits) %}{{ ' + ' if not loop.first }}{{ 10 ** digit }} * digit_{{ digit }}.digit
        {%- endfor %} < {{ number }}
{%- endmacro %}
