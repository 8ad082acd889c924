{#- SQL for a `from`: rows of texts, whole numbers and nulls, under the names of their columns. -#}
{% macro rows_of_literals(rows, names) %}
    {{- return(adapter.dispatch('rows_of_literals', 'dataops_toolkit')(rows, names)) -}}
{% endmacro %}

{% macro default__rows_of_literals(rows, names) -%}
    (
        values
        {%- for row in rows %}
        ({% for item in row %}{{ dataops_toolkit.literal(item) }}{{ ', ' if not loop.last }}{% endfor %}){{ ',' if not loop.last }}
        {%- endfor %}
    ) as literals ({{ names | join(', ') }})
{%- endmacro %}

{% macro bigquery__rows_of_literals(rows, names) -%}
    unnest([
        {%- for row in rows %}
        struct(
            {%- for item in row -%}
            {{ dataops_toolkit.literal(item) }} as {{ names[loop.index0] }}{{ ', ' if not loop.last }}
            {%- endfor -%}
        ){{ ',' if not loop.last }}
        {%- endfor %}
    ])
{%- endmacro %}
