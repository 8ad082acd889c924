{#- Fails when there is no column of this name, or, with column_index, when it is not at that place, counted from 0. -#}
{% test expect_column_to_exist(model, column_name, column_index=none) %}
{%- set name = column_name | replace('"', '') | replace('`', '') -%}
{%- set there = dataops_toolkit.column_names_of(model) -%}
{%- set found = [] -%}
{%- if name not in there -%}
    {%- do found.append({'column_name': name, 'finding': 'missing'}) -%}
{%- elif column_index is not none and there.index(name) != column_index -%}
    {%- do found.append({'column_name': name, 'finding': 'at ' ~ there.index(name) ~ ', not at ' ~ column_index}) -%}
{%- endif -%}
{{ dataops_toolkit.findings(['column_name', 'finding'], found) }}
{% endtest %}
