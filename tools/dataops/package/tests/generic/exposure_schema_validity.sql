{#-
    Fails on each column that an exposure of this table needs, by its `meta.referenced_columns`, and the table lacks or
    has with another type.
-#}
{% test exposure_schema_validity(model) %}
{%- set names = ['exposure', 'url', 'column_name', 'data_type', 'error'] %}
{%- set rows = [] %}
{%- if execute %}
    {%- set actual = dataops_toolkit.columns_of(model) %}
    {%- set rows = dataops_toolkit.unmet_columns(model, dataops_toolkit.node_of_test(), actual) %}
{%- endif %}
select
    {%- for name in names %}
    cast({{ name if rows else 'null' }} as {{ dbt.type_string() }}) as {{ name }}{{ ',' if not loop.last }}
    {%- endfor %}
from {{ dataops_toolkit.rows_of_literals(rows, names) if rows else '(select 1 as nothing) as none_unmet' }}
{{ 'where 1 = 0' if not rows }}
{% endtest %}
