{#-
    Whether the warehouse can be asked what columns a table or subquery has, while compiling. An ephemeral model is a CTE
    that is not there yet, and `dbt compile --no-introspect` asks nothing.
-#}
{% macro is_known(model) %}
    {% do return(
        execute and invocation_args_dict.get('introspect', true) and '__dbt__cte__' not in (model | string)
    ) %}
{% endmacro %}
