{#- The run rules that were asked for, by Nelson's numbers (1984), except `run_of_8`: Western Electric's fourth. -#}
{% macro monitor_rules(rules) %}
    {%- set sets = {'western_electric': [5, 6, 'run_of_8'], 'nelson': [2, 3, 4, 5, 6, 7, 8]} -%}
    {%- set chosen = sets.get(rules, []) if rules is string else (rules or []) -%}
    {%- set unknown = chosen | reject('in', [1, 2, 3, 4, 5, 6, 7, 8, 'run_of_8']) | list -%}
    {%- if unknown or (rules is string and rules not in sets) -%}
        {%- do exceptions.raise_compiler_error(
            "rules is '" ~ rules ~ "'. It can be: western_electric, nelson, or a list of Nelson's numbers 1 to 8"
        ) -%}
    {%- endif -%}
    {% do return(chosen) %}
{% endmacro %}
