with transactions as (
    select * from {{ ref('fct_transactions') }}
),

sides as (
    select
        day_number,
        transaction_type,
        'origin' as account_role,
        origin_balance_status as balance_status,
        origin_unexplained_amount as unexplained_amount
    from transactions
    union all
    select
        day_number,
        transaction_type,
        'destination' as account_role,
        destination_balance_status as balance_status,
        destination_unexplained_amount as unexplained_amount
    from transactions
)

select
    day_number,
    transaction_type,
    account_role,
    cast(count(*) as integer) as transaction_count,
    {% for status in ['adds up', 'no balance', 'untracked', 'overdrawn', 'does not add up'] %}
    cast(sum(case when balance_status = '{{ status }}' then 1 else 0 end) as integer)
        as {{ status | replace(' ', '_') }}_count,
    {% endfor %}
    cast(coalesce(sum(abs(unexplained_amount)), 0) as numeric(18, 2)) as unexplained_amount
from sides
group by day_number, transaction_type, account_role
