{#-
    How many standard deviations an amount lies above the mean of what an account paid before. Null without two
    earlier payments of different amounts.
-#}
{% macro amount_zscore(amount, profile) -%}
    {%- set deviation = sample_stddev(profile ~ '.paid_count', profile ~ '.paid_amount', profile ~ '.paid_amount_squared') -%}
    {%- set mean = safe_divide(profile ~ '.paid_amount', profile ~ '.paid_count', 2) -%}
    {{ safe_divide(amount ~ ' - ' ~ mean, deviation) }}
{%- endmacro %}
