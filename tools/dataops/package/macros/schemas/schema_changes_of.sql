{#-
    Columns now against columns before, both lists of {name, data_type}, while compiling: one row for each of either,
    [column_name, data_type, data_type_before, change]. Names are compared as the warehouse spells them.
-#}
{% macro schema_changes_of(now, before) %}
    {%- set earlier = {} -%}
    {%- for column in before %}{% do earlier.update({column.name: column.data_type}) %}{% endfor -%}
    {%- set rows = [] -%}
    {%- for column in now -%}
        {%- set was = earlier.pop(column.name, none) -%}
        {%- set change = 'column_added' if before and was is none else
            ('type_changed' if before and was | lower != column.data_type | lower else none) -%}
        {%- do rows.append([column.name, column.data_type, was, change]) -%}
    {%- endfor -%}
    {%- for name, was in earlier.items() -%}
        {%- do rows.append([name, none, was, 'column_removed']) -%}
    {%- endfor -%}
    {% do return(rows) %}
{% endmacro %}
