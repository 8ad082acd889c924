{#-
    The columns of a table in their order, asked of the warehouse; none while parsing, or if the table is not there.
    With a `where` in the test's configuration, the table is a query.
-#}
{% macro column_names_of(model) %}
    {%- if not execute or (model is not string and load_relation(model) is none) -%}{%- do return([]) -%}{%- endif -%}
    {%- set names = run_query('select * from ' ~ model ~ ' where 1 = 0').column_names | list -%}
    {{- return(adapter.dispatch('column_names_of', 'dataops_toolkit')(names)) -}}
{% endmacro %}

{% macro default__column_names_of(names) %}
    {{- return(names) -}}
{% endmacro %}

{#- A name that was not quoted is stored in capitals; whoever wrote the suite saw it in lower case. -#}
{% macro snowflake__column_names_of(names) %}
    {%- set found = [] -%}
    {%- for name in names %}{% do found.append(name | lower if name == name | upper else name) %}{% endfor -%}
    {{- return(found) -}}
{% endmacro %}
