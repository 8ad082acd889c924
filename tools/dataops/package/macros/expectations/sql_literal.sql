{#-
    A value of YAML as SQL. A number with decimals is written with an exponent: engines read that as the floating-point
    number that YAML means, and 0.1 as a decimal.
-#}
{% macro sql_literal(value) %}
    {%- if value is none -%}{%- do return('null') -%}{%- endif -%}
    {%- if value is boolean -%}{%- do return(value | string | lower) -%}{%- endif -%}
    {%- if value is float -%}
        {%- set text = value | string -%}
        {%- if text in ('inf', '-inf', 'nan') -%}
            {%- do return("cast('" ~ text ~ "' as " ~ dataops_toolkit.double_type() ~ ')') -%}
        {%- endif -%}
        {%- do return(text if 'e' in text else text ~ 'e0') -%}
    {%- endif -%}
    {%- if value is number -%}{%- do return(value | string) -%}{%- endif -%}
    {{- return(dataops_toolkit.text_literal(value)) -}}
{% endmacro %}
