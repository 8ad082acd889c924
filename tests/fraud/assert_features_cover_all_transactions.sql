-- Failing means: transactions were lost or doubled on the way to the features, or were withdrawn or
-- corrected at the source after an incremental build took them up: then a full refresh is needed.
select
    coalesce(transactions.transaction_id, features.transaction_id) as transaction_id,
    transactions.transaction_id is null as is_withdrawn
from {{ ref('int_transactions_keyed') }} as transactions
full outer join {{ ref('fct_transaction_features') }} as features
    on transactions.transaction_id = features.transaction_id
where transactions.transaction_id is null or features.transaction_id is null
