{#-
    SQL for one thing that is asked of a JSON value, in each warehouse's own words:

    parsed    the JSON of a text, null where it is none      kind      object, array, string, number, boolean or null
    member    a member of an object, SQL's null if missing   text      the characters of a string
    number    the value of a number                          size      how many elements an array has
    matches   whether a text has a match of a pattern        only      whether an object has no members but these
    every     whether each element of an array, called `detail[0]`, meets the condition `detail[1]`
-#}
{% macro json_part(part, value, detail=none) %}
    {{- return(adapter.dispatch('json_part', 'dataops_toolkit')(part, value, detail)) -}}
{% endmacro %}

{% macro default__json_part(part, value, detail) %}
    {%- do exceptions.raise_compiler_error(
        'json_schema has no SQL for ' ~ target.type ~ '. It has for: bigquery, duckdb, postgres, snowflake'
    ) -%}
{% endmacro %}

{% macro duckdb__json_part(part, value, detail) -%}
    {%- set list = dataops_toolkit.literals(detail) if part == 'only' else '' -%}
    {%- set pointer = '/' ~ (detail | string | replace('~', '~0') | replace('/', '~1')) -%}
    {{ {
        'parsed': 'case when json_valid(' ~ value ~ ') then cast(' ~ value ~ ' as json) end',
        'kind': "case json_type(" ~ value ~ ") when 'OBJECT' then 'object' when 'ARRAY' then 'array'"
            ~ " when 'VARCHAR' then 'string' when 'BOOLEAN' then 'boolean' when 'NULL' then 'null'"
            ~ ' else case when isfinite(cast(' ~ value ~ " as double)) then 'number' else 'not a number' end end",
        'member': 'json_extract(' ~ value ~ ', ' ~ dataops_toolkit.text_literal(pointer) ~ ')',
        'text': 'json_extract_string(' ~ value ~ ", '$')",
        'number': 'cast(' ~ value ~ ' as double)',
        'size': 'json_array_length(' ~ value ~ ')',
        'matches': 'regexp_matches(' ~ value ~ ', ' ~ dataops_toolkit.literal(detail) ~ ')',
        'only': 'len(list_filter(json_keys(' ~ value ~ '), lambda each: '
            ~ ('each not in (' ~ list ~ ')' if list else 'true') ~ ')) = 0',
        'every': 'len(list_filter(json_extract(' ~ value ~ ", '$[*]'), lambda " ~ detail[0] ~ ': not (' ~ detail[1]
            ~ '))) = 0' if part == 'every' else ''
    }[part] }}
{%- endmacro %}

{#- `is json` is of PostgreSQL 16. What jsonb cannot hold, the character 0, is not taken for JSON. -#}
{% macro postgres__json_part(part, value, detail) -%}
    {%- set text = '(' ~ value ~ " #>> '{}')" -%}
    {{ {
        'parsed': 'case when ' ~ value ~ " is json and strpos(" ~ value ~ ", '\\u0000') = 0 then cast(" ~ value
            ~ ' as jsonb) end',
        'kind': 'jsonb_typeof(' ~ value ~ ')',
        'member': '(' ~ value ~ ' -> ' ~ dataops_toolkit.literal(detail) ~ ')',
        'text': text,
        'number': 'cast(' ~ text ~ ' as numeric)',
        'size': 'jsonb_array_length(' ~ value ~ ')',
        'matches': value ~ ' ~ ' ~ dataops_toolkit.literal(detail),
        'only': '(' ~ value ~ ' - cast(array[' ~ (dataops_toolkit.literals(detail) if part == 'only' else '')
            ~ "] as text[])) = cast('{}' as jsonb)",
        'every': 'not exists (select 1 from jsonb_array_elements(' ~ value ~ ') as elements (' ~ detail[0]
            ~ ') where not (' ~ detail[1] ~ '))' if part == 'every' else ''
    }[part] }}
{%- endmacro %}

{% macro snowflake__json_part(part, value, detail) -%}
    {{ {
        'parsed': 'try_parse_json(' ~ value ~ ')',
        'kind': 'case typeof(' ~ value ~ ") when 'OBJECT' then 'object' when 'ARRAY' then 'array'"
            ~ " when 'VARCHAR' then 'string' when 'BOOLEAN' then 'boolean' when 'NULL_VALUE' then 'null'"
            ~ " else 'number' end",
        'member': 'get(' ~ value ~ ', ' ~ dataops_toolkit.literal(detail) ~ ')',
        'text': 'cast(' ~ value ~ ' as varchar)',
        'number': 'cast(' ~ value ~ ' as double)',
        'size': 'array_size(' ~ value ~ ')',
        'matches': 'regexp_instr(' ~ value ~ ', ' ~ dataops_toolkit.literal(detail) ~ ') > 0',
        'only': 'array_size(array_except(object_keys(' ~ value ~ '), array_construct('
            ~ (dataops_toolkit.literals(detail) if part == 'only' else '') ~ '))) = 0',
        'every': 'array_size(filter(cast(' ~ value ~ ' as array), ' ~ detail[0] ~ ' -> not (' ~ detail[1] ~ '))) = 0'
            if part == 'every' else ''
    }[part] }}
{%- endmacro %}

{% macro bigquery__json_part(part, value, detail) -%}
    {%- set list = dataops_toolkit.literals(detail) if part == 'only' else '' -%}
    {{ {
        'parsed': 'safe.parse_json(' ~ value ~ ')',
        'kind': 'json_type(' ~ value ~ ')',
        'member': value ~ '[' ~ dataops_toolkit.literal(detail) ~ ']',
        'text': 'lax_string(' ~ value ~ ')',
        'number': 'lax_float64(' ~ value ~ ')',
        'size': 'array_length(json_query_array(' ~ value ~ '))',
        'matches': 'regexp_contains(' ~ value ~ ', ' ~ dataops_toolkit.literal(detail) ~ ')',
        'only': 'not exists (select 1 from unnest(json_keys(' ~ value ~ ', 1)) as each_key'
            ~ (' where each_key not in (' ~ list ~ ')' if list) ~ ')',
        'every': 'not exists (select 1 from unnest(json_query_array(' ~ value ~ ')) as ' ~ detail[0] ~ ' where not ('
            ~ detail[1] ~ '))' if part == 'every' else ''
    }[part] }}
{%- endmacro %}
