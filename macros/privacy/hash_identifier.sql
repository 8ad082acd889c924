{#-
    A salted SHA-256 of an identifier, in hexadecimal; null stays null. It replaces the identifier, and who has the
    salt and the identifiers can undo it: keep the salt and the compiled SQL (target/) where the raw data is kept.
-#}
{% macro hash_identifier(column) %}
    {{- return(adapter.dispatch('hash_identifier')(column)) -}}
{% endmacro %}

{% macro salted(column) %}
    {%- set salt = env_var('DATAOPS_HASH_SALT', var('hash_salt')) | replace("'", "''") -%}
    '{{ salt }}|' || cast({{ column }} as {{ dbt.type_string() }})
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
