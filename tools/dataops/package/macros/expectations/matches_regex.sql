{#- SQL that is true where some part of a text matches a regular expression, in the warehouse's own dialect of them. -#}
{% macro matches_regex(expression, regex) %}
    {%- set text = 'cast(' ~ expression ~ ' as ' ~ dbt.type_string() ~ ')' -%}
    {%- set pattern = dataops_toolkit.sql_literal(regex | string) -%}
    {{- return(adapter.dispatch('matches_regex', 'dataops_toolkit')(text, pattern)) -}}
{% endmacro %}

{% macro default__matches_regex(text, pattern) %}
    {{- return(text ~ ' ~ ' ~ pattern) -}}
{% endmacro %}

{% macro duckdb__matches_regex(text, pattern) %}
    {{- return('regexp_matches(' ~ text ~ ', ' ~ pattern ~ ')') -}}
{% endmacro %}

{#- regexp_like would have to match the whole text. -#}
{% macro snowflake__matches_regex(text, pattern) %}
    {{- return('regexp_instr(' ~ text ~ ', ' ~ pattern ~ ') > 0') -}}
{% endmacro %}

{% macro bigquery__matches_regex(text, pattern) %}
    {{- return('regexp_contains(' ~ text ~ ', ' ~ pattern ~ ')') -}}
{% endmacro %}

{% macro spark__matches_regex(text, pattern) %}
    {{- return(text ~ ' rlike ' ~ pattern) -}}
{% endmacro %}
