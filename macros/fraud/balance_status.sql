{#-
    Whether an account's balances around a transaction add up, where `movement` is what should have been added:
    'no balance' for merchants, 'untracked' if both are 0, 'overdrawn' if the account was emptied for want of more.
-#}
{% macro balance_status(account_id, old_balance, new_balance, movement) -%}
    case
        when {{ is_merchant(account_id) }} then 'no balance'
        when abs({{ old_balance }} + {{ movement }} - {{ new_balance }}) <= {{ var('balance_tolerance') }} then 'adds up'
        when {{ old_balance }} = 0 and {{ new_balance }} = 0 then 'untracked'
        when {{ new_balance }} = 0 and {{ old_balance }} + {{ movement }} < 0 then 'overdrawn'
        else 'does not add up'
    end
{%- endmacro %}
