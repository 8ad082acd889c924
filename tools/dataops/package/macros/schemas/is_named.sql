{#- Whether a text such as `ref('orders')`, `source('raw', 'orders')` or `orders` names a node, while compiling. -#}
{% macro is_named(node, text) %}
    {%- set words = modules.re.findall("[^\"',\\s(){}]+", text) -%}
    {%- set names = words | reject('in', ['ref', 'source']) | list -%}
    {%- set own = [node.source_name, node.name] if node.resource_type == 'source' else [node.package_name, node.name] -%}
    {% do return(names == own or names == own[1:]) %}
{% endmacro %}
