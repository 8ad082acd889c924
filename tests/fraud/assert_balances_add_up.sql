-- Failing means: a transaction leaves an account with another balance than its old one and the amount give,
-- for no reason that is known of PaySim. Features use the balance before the transaction as it stands.
{{ config(severity='warn', group='fraud') }}

select
    transaction_id,
    transaction_type,
    origin_unexplained_amount,
    destination_unexplained_amount
from {{ ref('fct_transactions') }}
where origin_balance_status = 'does not add up' or destination_balance_status = 'does not add up'
