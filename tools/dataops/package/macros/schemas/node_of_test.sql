{#-
    The model, source, seed or snapshot that the running test is of, as dbt's graph has it; a test on several is of the
    first. Called from a test, `model` is the test itself.
-#}
{% macro node_of_test() %}
    {%- set unique_id = model.depends_on.nodes | first -%}
    {% do return(graph.nodes.get(unique_id) or graph.sources.get(unique_id)) %}
{% endmacro %}
