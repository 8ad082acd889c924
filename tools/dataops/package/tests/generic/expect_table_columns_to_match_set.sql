{#- Fails on each column that only the table or only the set has; without exact_match, that only the set has. -#}
{% test expect_table_columns_to_match_set(model, column_set, exact_match=true) %}
{%- set there = dataops_toolkit.column_names_of(model) -%}
{%- set found = [] -%}
{%- for name in there if exact_match and name not in column_set -%}
    {%- do found.append({'column_name': name, 'finding': 'unexpected'}) -%}
{%- endfor -%}
{%- for name in column_set if name not in there -%}
    {%- do found.append({'column_name': name, 'finding': 'missing'}) -%}
{%- endfor -%}
{{ dataops_toolkit.findings(['column_name', 'finding'], found) }}
{% endtest %}
