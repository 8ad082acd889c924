select * from {{ ref('items') }} order by 3, 1 limit 3
