{#-
    SQL: the values of the dimensions as one text. Null is a value of its own. What would read like another value is put
    between quotes: the text null, one that holds what stands between two values, one that begins with a quote.
-#}
{% macro dimension_of(dimensions) -%}
    {%- set quote = dataops_toolkit.text_literal("'") -%}
    {%- set twice = dataops_toolkit.text_literal("''") -%}
    {%- for dimension in dimensions -%}
        {%- set text = 'cast(' ~ dimension ~ ' as ' ~ dbt.type_string() ~ ')' -%}
        {{ " || '; ' || " if not loop.first }}case
            when {{ dimension }} is null then 'null'
            when {{ text }} = 'null' or substr({{ text }}, 1, 1) = {{ quote }}
            {%- if dimensions | length > 1 %} or {{ text }} like '%;%'{% endif %}
                then {{ quote }} || replace({{ text }}, {{ quote }}, {{ twice }}) || {{ quote }}
            else {{ text }}
        end
    {%- endfor -%}
{%- endmacro %}
