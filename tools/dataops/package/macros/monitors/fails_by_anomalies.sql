{#-
    Makes a test fail by the points with `is_anomaly`. A `limit` of the project is for failing rows, and would cut the
    series: one that cuts nothing takes its place. One on the test itself stays, for which the count is in each row, and
    anomalies come first.
-#}
{% macro fails_by_anomalies() %}
    {{- config(fail_calc='coalesce(max(anomalies), 0)', limit=dataops_toolkit.no_limit()) -}}
{% endmacro %}

{#- The `limit` of a test that returns a series: the largest number that every warehouse takes for one. -#}
{% macro no_limit() %}
    {% do return(2147483647) %}
{% endmacro %}

{#- Whether dbt will cut what the test returns. -#}
{% macro is_cut() %}
    {% do return(config.get('limit') is number and config.get('limit') < dataops_toolkit.no_limit()) %}
{% endmacro %}

{#- SQL: how many anomalies a test has found, a column of each of its rows. -#}
{% macro anomalies_in_all(is_anomaly='is_anomaly') -%}
    sum(case when {{ is_anomaly }} then 1 else 0 end) over () as anomalies
{%- endmacro %}

{#- The end of a query that dbt may cut by a `limit`: what fails comes first. -#}
{% macro failures_first(newest=none, level='is_anomaly') -%}
    {%- if dataops_toolkit.is_cut() %}
    order by {{ level }} desc{{ ', ' ~ newest ~ ' desc' if newest }}
    {%- endif -%}
{%- endmacro %}
