select id, amount from {{ ref('items') }} union all select * from {{ ref('rates') }}
