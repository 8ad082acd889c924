{#-
    SQL: by how much a median distance from n points falls short, fitted by simulation: more where n is odd, as the
    middle point is then its own median.
-#}
{% macro factor_of_median(trained, seasons) -%}
    (1 + case when mod(cast({{ trained }} as {{ dbt.type_int() }}), 2) = 1 then 1.1 else 0.4 end / {{ trained }})
    * sqrt({{ trained }} / nullif({{ trained }} - {{ seasons }} + 1, 0))
{%- endmacro %}
