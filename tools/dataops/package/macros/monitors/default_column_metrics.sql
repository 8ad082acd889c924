{#- What is watched of a column where nothing was chosen, by its type. -#}
{% macro default_column_metrics(model, column) %}
    {%- set kinds = ['other'] -%}
    {%- if execute and model is not string -%}
        {%- for found in adapter.get_columns_in_relation(model) if found.name | lower == column.strip('"`') | lower -%}
            {%- do kinds.append(dataops_toolkit.kind_of_type(found.data_type)) -%}
        {%- endfor -%}
    {%- endif -%}
    {% do return(dataops_toolkit.metrics_of_kind(kinds | last, by_default=true)) %}
{% endmacro %}
