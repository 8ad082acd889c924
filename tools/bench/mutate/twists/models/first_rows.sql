select id from {{ ref('items') }} order by amount desc, id limit 2
