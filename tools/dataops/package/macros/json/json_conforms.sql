{#-
    SQL: whether a JSON value conforms to a JSON schema (draft 2020-12, json-schema.org), true or false and never null.
    `place` says where in the schema that is. A keyword that cannot be checked is an error, not left unchecked.
-#}
{% macro json_conforms(value, schema, place='$', depth=1) %}
    {%- if schema is boolean -%}
        {% do return('(1 = 1)' if schema else '(1 = 0)') %}
    {%- endif -%}
    {%- do dataops_toolkit.check_json_schema(schema, place) -%}
    {%- set part = dataops_toolkit.json_part -%}
    {%- set kind = part('kind', value) -%}
    {%- set all = [] -%}
    {%- if 'type' in schema -%}
        {%- set types = [schema.type] if schema.type is string else schema.type -%}
        {%- set of_type = [] -%}
        {%- for type in types -%}
            {%- set number = part('number', value) -%}
            {%- do of_type.append(
                'case when ' ~ kind ~ " = 'number' then " ~ number ~ ' = floor(' ~ number ~ ') else (1 = 0) end'
                if type == 'integer' else kind ~ " = '" ~ type ~ "'"
            ) -%}
        {%- endfor -%}
        {%- do all.append('(' ~ of_type | join(' or ') ~ ')') -%}
    {%- endif -%}
    {%- for items in [schema.enum] * ('enum' in schema) + [[schema.const]] * ('const' in schema) -%}
        {%- set same = [] -%}
        {%- for item in items -%}
            {%- do same.append(dataops_toolkit.json_equals(value, item)) -%}
        {%- endfor -%}
        {%- do all.append('(' ~ same | join(' or ') ~ ')') -%}
    {%- endfor -%}
    {%- for word, of_kind, condition in dataops_toolkit.json_conditions(value, schema) -%}
        {%- do all.append('case when ' ~ kind ~ " = '" ~ of_kind ~ "' then " ~ condition ~ ' else (1 = 1) end') -%}
    {%- endfor -%}
    {%- for name, inner in (schema.get('properties') or {}).items() -%}
        {%- set member = part('member', value, name) -%}
        {%- set conforms = dataops_toolkit.json_conforms(member, inner, place ~ '.' ~ name, depth) -%}
        {%- do all.append(
            'case when ' ~ kind ~ " = 'object' and " ~ member ~ ' is not null then ' ~ conforms ~ ' else (1 = 1) end'
        ) -%}
    {%- endfor -%}
    {%- if 'items' in schema -%}
        {%- set item = 'item_' ~ depth -%}
        {%- set conforms = dataops_toolkit.json_conforms(item, schema['items'], place ~ '[]', depth + 1) -%}
        {%- do all.append(
            'case when ' ~ kind ~ " = 'array' then " ~ part('every', value, [item, conforms]) ~ ' else (1 = 1) end'
        ) -%}
    {%- endif -%}
    {%- for word, joint in [('allOf', ' and '), ('anyOf', ' or '), ('oneOf', ' + ')] if word in schema -%}
        {%- set each = [] -%}
        {%- for inner in schema[word] -%}
            {%- set conforms = dataops_toolkit.json_conforms(value, inner, place ~ '.' ~ word, depth) -%}
            {%- do each.append('case when ' ~ conforms ~ ' then 1 else 0 end' if word == 'oneOf' else conforms) -%}
        {%- endfor -%}
        {%- do all.append('(' ~ each | join(joint) ~ ')' ~ (' = 1' if word == 'oneOf' else '')) -%}
    {%- endfor -%}
    {%- if 'not' in schema -%}
        {%- do all.append('not ' ~ dataops_toolkit.json_conforms(value, schema['not'], place ~ '.not', depth)) -%}
    {%- endif -%}
    {% do return('(' ~ (all | join('\n        and ') or '1 = 1') ~ ')') %}
{% endmacro %}
