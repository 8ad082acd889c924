{#- The unique id of what the running test measures: a test may be given to another model and keep its name. -#}
{% macro recorded_node() %}
    {% do return(model.attached_node or (model.depends_on.nodes | first) if model is mapping else none) %}
{% endmacro %}
