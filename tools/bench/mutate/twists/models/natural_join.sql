select id, rate from {{ ref('items') }} natural join {{ ref('rates') }}
