{#-
    The first three digits of a US ZIP code, or '000' where the area of those digits has 20,000 people or fewer
    (var `small_zip3_prefixes`). Tools that read the code as a number lose its leading zero: it is put back.
-#}
{% macro zip3(column) -%}
    {%- set prefix = "substring(lpad(" ~ column ~ ", 5, '0'), 1, 3)" -%}
    case
        when {{ prefix }} in ('{{ var("small_zip3_prefixes") | join("', '") }}') then '000'
        else {{ prefix }}
    end
{%- endmacro %}
