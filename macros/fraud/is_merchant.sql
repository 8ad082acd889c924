{#- Whether an account is a merchant's, for whom PaySim keeps no balance. -#}
{% macro is_merchant(account_id) -%}
    substring({{ account_id }}, 1, 1) = 'M'
{%- endmacro %}
