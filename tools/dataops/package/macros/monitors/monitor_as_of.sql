{#-
    The moment, in UTC, at which a monitor looks at the data: when dbt was started, or the variable `dataops_as_of`,
    with which a past day can be judged again.
-#}
{% macro monitor_as_of() %}
    {%- set given = var('dataops_as_of', none) -%}
    {%- if given is none -%}
        {% do return(run_started_at.astimezone(modules.pytz.utc).replace(tzinfo=none)) %}
    {%- endif -%}
    {% do return(dataops_toolkit.utc_moment(given)) %}
{% endmacro %}
