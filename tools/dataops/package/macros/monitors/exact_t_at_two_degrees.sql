{#- A number, worked out while compiling: with two degrees of freedom the quantile has a closed form. -#}
{% macro exact_t_at_two_degrees(z) %}
    {%- set tails = 2 * dataops_toolkit.normal_upper_tail(z) -%}
    {% do return((2 / (tails * (2 - tails)) - 2) ** 0.5) %}
{% endmacro %}
