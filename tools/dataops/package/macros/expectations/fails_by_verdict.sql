{#- Makes a test fail by its verdict: a row counts as a failure only where the expectation is not met. -#}
{% macro fails_by_verdict() %}
    {{- config(fail_calc='coalesce(sum(case when expectation_is_met then 0 else 1 end), 0)') -}}
{% endmacro %}
