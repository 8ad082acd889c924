{#-
    The table in which dbt keeps the results of this test, as the last run left it; none before the first run, or where
    what is there lacks the column that tells it to be of this kind. An error where dbt is not asked to keep them, or to
    keep only some: a `limit` of the test itself (see `fails_by_anomalies`).
-#}
{% macro stored_series(column) %}
    {%- if not should_store_failures() or config.get('store_failures_as', none) not in (none, 'table') or dataops_toolkit.is_cut() -%}
        {%- do exceptions.raise_compiler_error(
            'This test compares with what its earlier runs recorded, and dbt is not asked to keep that. Add config'
            ' {store_failures: true, store_failures_as: table}, without limit'
        ) -%}
    {%- endif -%}
    {%- set stored = adapter.get_relation(database=this.database, schema=this.schema, identifier=this.identifier) -%}
    {%- if stored is none -%}
        {% do return(none) %}
    {%- endif -%}
    {%- set names = adapter.get_columns_in_relation(stored) | map(attribute='name') | map('lower') | list -%}
    {% do return(stored if column in names else none) %}
{% endmacro %}
