select id from {{ ref('items') }} as i where exists (select * from {{ ref('rates') }} as r where r.id = i.id)
