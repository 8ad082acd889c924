{#- Whether an amount stays just below the threshold above which transfers are reported. -#}
{% macro is_near_threshold(amount) -%}
    ({{ amount }} >= {{ var('reporting_threshold') * var('near_threshold_share') }} and {{ amount }} < {{ var('reporting_threshold') }})
{%- endmacro %}
