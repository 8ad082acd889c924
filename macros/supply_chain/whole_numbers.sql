{#- A query with the whole numbers from 0 up to, and without, a count: the rows of a spine, as `number`. -#}
{% macro whole_numbers(count) %}
    {{- return(adapter.dispatch('whole_numbers')(count)) -}}
{% endmacro %}

{% macro default__whole_numbers(count) -%}
    select cast(number as integer) as number
    from generate_series(0, {{ count - 1 }}) as numbers (number)
{%- endmacro %}

{% macro spark__whole_numbers(count) -%}
    select explode(sequence(0, {{ count - 1 }})) as number
{%- endmacro %}
