{#-
    A number, worked out while compiling: the chance that a standard normal variable exceeds z.
    Abramowitz and Stegun (1964), 26.2.11, a series that is exact to about 1e-15.
-#}
{% macro normal_upper_tail(z) %}
    {%- set density = 2.718281828459045 ** (-z * z / 2) / 2.5066282746310002 -%}
    {%- set series = namespace(term=z, total=z) -%}
    {%- for number in range(3, 203, 2) -%}
        {%- set series.term = series.term * z * z / number -%}
        {%- set series.total = series.total + series.term -%}
    {%- endfor -%}
    {% do return(0.5 - density * series.total) %}
{% endmacro %}
