-- Failing means: the file holds a transaction again that moved its origin's balance, which cannot have
-- happened twice. The copy is left out; if the number grows from load to load, the loader appends where it
-- should replace.
{{ config(severity='warn', group='fraud') }}

select
    step,
    transaction_type,
    amount,
    origin_id,
    destination_id,
    count(*) as occurrences
from {{ ref('stg_paysim__transactions') }}
where origin_old_balance <> origin_new_balance
group by
    step, transaction_type, amount, origin_id, destination_id,
    origin_old_balance, origin_new_balance, destination_old_balance, destination_new_balance
having count(*) > 1
