{#-
    A query for an incremental model over transactions: the accounts of transactions that it does not hold yet, and
    the step of the first of them. What is known of an account changes from that step on, and not before it.
-#}
{% macro accounts_with_news(entries) -%}
    select
        entries.account_id,
        min(entries.step) as first_step
    from {{ entries }} as entries
    left join {{ this }} as held on entries.transaction_id = held.transaction_id
    where held.transaction_id is null
    group by entries.account_id
{%- endmacro %}
