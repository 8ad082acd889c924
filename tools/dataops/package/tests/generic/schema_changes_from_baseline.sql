{#-
    Fails on each column that YAML lists and the table lacks, on each that has another type than YAML says, and with
    `fail_on_added` on each that YAML does not list. With `enforce_types` YAML must say the type of every column.
-#}
{% test schema_changes_from_baseline(model, fail_on_added=false, enforce_types=false) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{%- set rows = [] %}
{%- if execute %}
    {%- set actual = dataops_toolkit.columns_of(model) %}
    {%- set node = dataops_toolkit.node_of_test() %}
    {%- set baseline = dataops_toolkit.declared_columns(model, node, actual, enforce_types) %}
    {%- for row in dataops_toolkit.schema_changes_of(actual, baseline) %}
        {%- set is_ignored = row[3] == 'column_added' and not fail_on_added %}
        {%- do rows.append(row[:3] + [none if is_ignored else row[3]]) %}
    {%- endfor %}
{%- endif %}
{{ dataops_toolkit.schema_rows(rows) }}
{% endtest %}
