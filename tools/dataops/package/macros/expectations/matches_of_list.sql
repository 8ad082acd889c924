{#- SQL that is true where a text matches any, or all, of some regular expressions. -#}
{% macro matches_of_list(expression, regex_list, match_on='any') %}
    {%- if match_on not in ('any', 'all') -%}
        {%- do exceptions.raise_compiler_error("match_on is '" ~ match_on ~ "'. It can be: any, all") -%}
    {%- endif -%}
    {%- if not regex_list -%}
        {%- do exceptions.raise_compiler_error('regex_list needs a regular expression') -%}
    {%- endif -%}
    {%- set found = [] -%}
    {%- for regex in regex_list %}{% do found.append(dataops_toolkit.matches_regex(expression, regex)) %}{% endfor -%}
    {{- return(found | join(' or ' if match_on == 'any' else ' and ')) -}}
{% endmacro %}
