select id, amount, {{ cents('amount') }} as cents
from {{ ref('orders') }}
inner join {{ source('app', 'events') }} using (id)
