{#- An error for each keyword of a JSON schema that SQL here cannot check, or whose value is not what the standard asks. -#}
{% macro check_json_schema(schema, place) %}
    {%- set notes = ['title', 'description', 'default', 'examples', 'deprecated', 'readOnly', 'writeOnly', '$schema',
                     '$id', '$comment'] -%}
    {%- set numbers = ['minimum', 'maximum', 'exclusiveMinimum', 'exclusiveMaximum'] -%}
    {%- set counts = ['minLength', 'maxLength', 'minItems', 'maxItems'] -%}
    {%- set schemas = ['allOf', 'anyOf', 'oneOf'] -%}
    {%- set checked = ['type', 'enum', 'const', 'required', 'properties', 'additionalProperties', 'items', 'pattern',
                       'not'] + numbers + counts + schemas -%}
    {%- if schema is not mapping -%}
        {%- do exceptions.raise_compiler_error('json_schema, at ' ~ place ~ ': a schema is a mapping, true or false') -%}
    {%- endif -%}
    {%- for word, given in schema.items() -%}
        {%- if word not in checked + notes -%}
            {%- do exceptions.raise_compiler_error(
                "json_schema cannot check '" ~ word ~ "', at " ~ place ~ '. It can check: ' ~ checked | sort | join(', ')
            ) -%}
        {%- endif -%}
        {%- set types = ([given] if given is string else given) if word == 'type' else [] -%}
        {%- set is_wrong = (
            (word in numbers and (given is not number or given is boolean))
            or (word in counts and (given is not integer or given is boolean or given < 0))
            or (word in schemas and (given is string or given is mapping or given is not iterable or not given))
            or (word == 'type' and (not types or types | reject('in', [
                'object', 'array', 'string', 'number', 'integer', 'boolean', 'null'
            ]) | list))
            or (word == 'enum' and (given is string or given is mapping or given is not iterable or not given))
            or (word in ('enum', 'const') and ([given] if word == 'const' else given)
                | select('iterable') | reject('string') | list)
            or (word == 'required' and (given is string or given is not iterable))
            or (word == 'properties' and given is not mapping)
            or (word == 'additionalProperties' and given is not boolean)
            or (word == 'pattern' and (given is not string
                or modules.re.search('\\(\\?[^:]|\\\\[1-9kpPbB]|[*+?}]\\+', given)))
        ) -%}
        {%- if is_wrong -%}
            {%- do exceptions.raise_compiler_error(
                "json_schema cannot check '" ~ word ~ ': ' ~ given ~ "', at " ~ place ~ '. docs/monitors.md says what each'
                ' keyword takes here'
            ) -%}
        {%- endif -%}
    {%- endfor -%}
{% endmacro %}
