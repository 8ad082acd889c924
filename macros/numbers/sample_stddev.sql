{#-
    The sample standard deviation from a count, a sum and a sum of squares, all exact decimals: the same rows give
    the same digits in whatever order they are added up. Null below two values.
-#}
{% macro sample_stddev(number, total, total_of_squares) -%}
    cast(
        sqrt(
            cast(
                cast({{ number }} as numeric(10, 0)) * cast({{ total_of_squares }} as numeric(28, 4))
                - cast({{ total }} as numeric(19, 2)) * cast({{ total }} as numeric(19, 2)) as {{ double_type() }}
            ) / nullif({{ number }} * ({{ number }} - 1.0), 0)
        ) as numeric(18, 2)
    )
{%- endmacro %}
