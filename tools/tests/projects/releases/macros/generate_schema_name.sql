{# As many projects have it: in production a schema that is named is used as it stands, whatever the target's is. #}
{% macro generate_schema_name(custom_schema_name, node) -%}
    {{ custom_schema_name if custom_schema_name and target.name == 'prod' else target.schema }}
{%- endmacro %}
