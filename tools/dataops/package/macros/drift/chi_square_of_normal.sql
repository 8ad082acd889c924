{#-
    SQL: the quantile of the chi-square distribution with `freedom` degrees at the tail of the standard normal deviate
    `z`. Wilson and Hilferty (1931), Proceedings of the National Academy of Sciences 17.
-#}
{% macro chi_square_of_normal(freedom, z) -%}
    {{ freedom }} * power(1 - 2 / (9.0 * {{ freedom }}) + {{ z }} * sqrt(2 / (9.0 * {{ freedom }})), 3)
{%- endmacro %}
