{#- Fails on each place, counted from 0, at which the table has another column than the list. -#}
{% test expect_table_columns_to_match_ordered_list(model, column_list) %}
{%- set there = dataops_toolkit.column_names_of(model) -%}
{%- set found = [] -%}
{%- for place in range([there | length, column_list | length] | max) -%}
    {%- if there[place:place + 1] != column_list[place:place + 1] -%}
        {%- do found.append({
            'column_index': place,
            'expected': column_list[place] if place < column_list | length else none,
            'found': there[place] if place < there | length else none
        }) -%}
    {%- endif -%}
{%- endfor -%}
{{ dataops_toolkit.findings(['column_index', 'expected', 'found'], found) }}
{% endtest %}
