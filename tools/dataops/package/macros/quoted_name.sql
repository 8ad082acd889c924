{#- SQL: a column's name as the warehouse spells it, quoted, with the quotes that are in it doubled. -#}
{% macro quoted_name(name) -%}
    {{ adapter.quote(name | replace('"', '""') if adapter.quote('a') == '"a"' else name | replace('`', '``')) }}
{%- endmacro %}
