{# As many projects have it: a schema that is named is used as it stands, whatever the target's is. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ target.schema if custom_schema_name is none else custom_schema_name }}
{%- endmacro %}
