select id, rate from {{ ref('rates') }} union all by name select * from {{ ref('items') }}
