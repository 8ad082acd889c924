select
    event_id,
    customer_id
from {{ source('app', 'events') }}
