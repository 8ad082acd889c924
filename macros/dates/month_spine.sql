{#- A query with one row a month, `month_start`, from the first to the last month given as 'YYYY-MM-01'. -#}
{% macro month_spine(first_month, last_month) %}
    {{- return(adapter.dispatch('month_spine')(first_month, last_month)) -}}
{% endmacro %}

{% macro default__month_spine(first_month, last_month) -%}
    select cast(month_start as date) as month_start
    from
        generate_series(
            cast('{{ first_month }}' as timestamp), cast('{{ last_month }}' as timestamp), interval '1 month'
        ) as months (month_start)
{%- endmacro %}

{% macro spark__month_spine(first_month, last_month) -%}
    select explode(sequence(date '{{ first_month }}', date '{{ last_month }}', interval 1 month)) as month_start
{%- endmacro %}
