-- Failing means: a purchase came without its order, so it cannot be told from one sent in error. It is
-- left out.
{{ config(severity='warn', group='recommendations') }}

select
    event_id,
    visitor_id,
    item_id
from {{ ref('stg_retailrocket__events') }}
where
    event_type = 'transaction'
    and transaction_id is null
