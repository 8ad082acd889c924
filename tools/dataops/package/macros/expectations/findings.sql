{#- Rows of what was found while compiling, each a mapping of columns to text or whole numbers; none if all is well. -#}
{% macro findings(columns, rows) %}
    {%- for row in rows %}
    {{ 'union all ' if not loop.first }}select
        {%- for column in columns %}
        {{ dataops_toolkit.sql_literal(row[column]) }} as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    {%- else %}
    select
        {%- for column in columns %}
        null as {{ column }}{{ ',' if not loop.last }}
        {%- endfor %}
    from (select 1 as nothing) as nothing_found
    where 1 = 0
    {%- endfor %}
{% endmacro %}
