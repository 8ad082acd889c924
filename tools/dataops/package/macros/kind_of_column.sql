{#- What a column is to a monitor by its type in the warehouse (see `kind_of_type`), while compiling. -#}
{% macro kind_of_column(model, column) %}
    {%- set kinds = ['other'] -%}
    {%- if execute and model is not string -%}
        {%- for found in adapter.get_columns_in_relation(model) if found.name | lower == column.strip('"`') | lower -%}
            {%- do kinds.append(dataops_toolkit.kind_of_type(found.data_type)) -%}
        {%- endfor -%}
    {%- endif -%}
    {% do return(kinds | last) %}
{% endmacro %}
