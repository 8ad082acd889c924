{#- What a schema asks of values of one kind, (keyword, kind, SQL condition): a value of another kind need not meet it. -#}
{% macro json_conditions(value, schema) %}
    {%- set part = dataops_toolkit.json_part -%}
    {%- set number = part('number', value) -%}
    {%- set size = part('size', value) -%}
    {%- set text = part('text', value) -%}
    {%- set known = {
        'minimum': ['number', number ~ ' >= '], 'maximum': ['number', number ~ ' <= '],
        'exclusiveMinimum': ['number', number ~ ' > '], 'exclusiveMaximum': ['number', number ~ ' < '],
        'minLength': ['string', 'length(' ~ text ~ ') >= '], 'maxLength': ['string', 'length(' ~ text ~ ') <= '],
        'minItems': ['array', size ~ ' >= '], 'maxItems': ['array', size ~ ' <= ']
    } -%}
    {%- set conditions = [] -%}
    {%- for word, (kind, condition) in known.items() if word in schema -%}
        {%- do conditions.append((word, kind, condition ~ schema[word])) -%}
    {%- endfor -%}
    {%- if 'pattern' in schema -%}
        {%- do conditions.append(('pattern', 'string', part('matches', text, schema.pattern))) -%}
    {%- endif -%}
    {%- for name in schema.get('required') or [] -%}
        {%- do conditions.append(('required', 'object', part('member', value, name) ~ ' is not null')) -%}
    {%- endfor -%}
    {%- if schema.get('additionalProperties', true) is false -%}
        {%- set names = (schema.get('properties') or {}).keys() | list -%}
        {%- do conditions.append(('additionalProperties', 'object', part('only', value, names))) -%}
    {%- endif -%}
    {% do return(conditions) %}
{% endmacro %}
