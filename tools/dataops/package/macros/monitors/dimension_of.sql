{#- SQL: the values of the dimensions as one text; null is a value of its own. -#}
{% macro dimension_of(dimensions) -%}
    {%- for dimension in ([dimensions] if dimensions is string else dimensions) -%}
        {{ " || '; ' || " if not loop.first }}coalesce(cast({{ dimension }} as {{ dbt.type_string() }}), 'null')
    {%- endfor -%}
{%- endmacro %}
