{#- SQL: the degrees of freedom of a spread by median distance, fitted by simulation; few, as medians waste data. -#}
{% macro freedom_of_median(trained, seasons) -%}
    (0.43 * ({{ trained }} - {{ seasons }}) + 0.3)
{%- endmacro %}
