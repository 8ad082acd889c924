select
    id as payment_id,
    order_id,
    {{ cents_to_euros('amount_cents') }} as amount
from {{ ref('payments') }}
