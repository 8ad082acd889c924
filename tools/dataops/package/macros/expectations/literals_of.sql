{#- The values of a set as SQL, each once. Null is never a member: nulls are not judged. -#}
{% macro literals_of(values) %}
    {%- set found = [] -%}
    {%- for value in values if value is not none -%}
        {%- do found.append(dataops_toolkit.sql_literal(value)) -%}
    {%- endfor -%}
    {{- return(found | unique(case_sensitive=true) | list) -}}
{% endmacro %}
