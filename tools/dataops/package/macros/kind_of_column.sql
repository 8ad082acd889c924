{#-
    What a column is to a monitor by its type in the warehouse (see `kind_of_type`), while compiling; `unknown` where
    it is of an ephemeral model, which nobody can be asked about.
-#}
{% macro kind_of_column(model, column) %}
    {%- set data_type = (dataops_toolkit.resolved_columns(model, [column], typed=true) | first).data_type -%}
    {%- if data_type -%}
        {% do return(dataops_toolkit.kind_of_type(data_type)) %}
    {%- endif -%}
    {% do return('unknown' if '__dbt__cte__' in (model | string) else 'other') %}
{% endmacro %}
