{#-
    The sample standard deviation of so many values of which the sum and the sum of squares are known: values of 0
    need no row. Null for fewer than two values.
-#}
{% macro spread_of_sums(count, total, total_of_squares) -%}
    sqrt(
        ({{ count }} * {{ total_of_squares }} - {{ total }} * {{ total }})
        / nullif(cast({{ count }} as numeric(18, 0)) * ({{ count }} - 1), 0)
    )
{%- endmacro %}
