{#- SQL that is true for rows that an expectation about several columns leaves out. The names are GE's. -#}
{% macro is_ignored(columns, ignore_row_if) %}
    {%- set joined = {
        'both_values_are_missing': ' and ', 'all_values_are_missing': ' and ',
        'either_value_is_missing': ' or ', 'any_value_is_missing': ' or ',
        'neither': none, 'never': none
    } -%}
    {%- if ignore_row_if not in joined -%}
        {%- do exceptions.raise_compiler_error(
            "ignore_row_if is '" ~ ignore_row_if ~ "'. It can be: " ~ joined | join(', ')
        ) -%}
    {%- endif -%}
    {%- if not joined[ignore_row_if] -%}{%- do return('1 = 0') -%}{%- endif -%}
    {{- return(columns | join(' is null' ~ joined[ignore_row_if]) ~ ' is null') -}}
{% endmacro %}
