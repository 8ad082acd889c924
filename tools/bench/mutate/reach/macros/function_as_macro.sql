{# dbt-duckdb has no functions of its own yet: one is a macro of the database. #}
{% macro duckdb__scalar_function_create_replace_signature_sql(target_relation) %}
create or replace function {{ target_relation.render() }}
    ({% for each in model.arguments %}{{ each.name }}{{ ", " if not loop.last }}{% endfor %}) as
{% endmacro %}

{% macro duckdb__scalar_function_body_sql() %} ({{ model.compiled_code }}) {% endmacro %}
