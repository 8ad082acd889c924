{#-
    A salted SHA-256 of an identifier, in hexadecimal; null stays null. It replaces the identifier, and who has the
    salt and the identifiers can undo it: keep the salt and the compiled SQL (target/) where the raw data is kept.
-#}
{% macro hash_identifier(column) %}
    {{- return(adapter.dispatch('hash_identifier')(column)) -}}
{% endmacro %}

{% macro salted(column) %}
    {%- set own = env_var('DATAOPS_HASH_SALT', '') -%}
    {%- if execute and own in ('', var('hash_salt')) and target.name == var('hash_salt_required_in') -%}
        {{- exceptions.raise_compiler_error(
            'the target ' ~ target.name ~ ' hashes identifiers and has no salt of its own: set the environment '
            ~ 'variable DATAOPS_HASH_SALT to a long random secret, and keep it, or every key changes'
        ) -}}
    {%- endif -%}
    '{{ (own or var('hash_salt')) | replace("'", "''") }}|' || cast({{ column }} as {{ dbt.type_string() }})
{%- endmacro %}

{% macro default__hash_identifier(column) -%}
    sha256({{ salted(column) }})
{%- endmacro %}

{% macro postgres__hash_identifier(column) -%}
    encode(sha256(convert_to({{ salted(column) }}, 'UTF8')), 'hex')
{%- endmacro %}

{% macro spark__hash_identifier(column) -%}
    sha2({{ salted(column) }}, 256)
{%- endmacro %}
