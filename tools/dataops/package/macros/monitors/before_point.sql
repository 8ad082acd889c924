{#- SQL: the window of all earlier points of a series, without the point itself. -#}
{% macro before_point(of_season=false) -%}
    (
        partition by metric, dimension{{ ', season' if of_season }}
        order by bucket_index rows between unbounded preceding and 1 preceding
    )
{%- endmacro %}
