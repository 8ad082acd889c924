{#- Characters of a value as text. -#}
{% macro length_of(expression) %}
    {{- return('length(cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ '))') -}}
{% endmacro %}
