{#-
    Fails on each column that was added, removed or given another type since the earlier run of this test. Returns every
    column, so that dbt stores the schema for the next run. The first run fails on nothing.
-#}
{% test schema_changes(model) %}
{{ dataops_toolkit.fails_by_anomalies() }}
{{ dataops_toolkit.schema_rows(
    dataops_toolkit.schema_changes_of(dataops_toolkit.columns_of(model), dataops_toolkit.recorded_columns())
) }}
{% endtest %}
