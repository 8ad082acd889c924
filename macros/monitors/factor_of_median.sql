{#- SQL: by how much a median distance from n points falls short, fitted by simulation. -#}
{% macro factor_of_median(trained, seasons) -%}
    (1 + 0.6 / {{ trained }}) * sqrt({{ trained }} / nullif({{ trained }} - {{ seasons }} + 1, 0))
{%- endmacro %}
