select id, rate from {{ ref('items') }} full join {{ ref('rates') }} using (id)
