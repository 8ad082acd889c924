{#- Whether a transaction takes all that its origin holds. Holding nothing, an account cannot be emptied. -#}
{% macro empties_origin(transactions) -%}
    ({{ transactions }}.transaction_type <> 'CASH_IN'
    and {{ transactions }}.origin_old_balance > 0
    and {{ transactions }}.amount >= {{ transactions }}.origin_old_balance)
{%- endmacro %}
