select id, (select max(r.rate) from {{ ref('rates') }} as r where r.rate > amount / 10) as best from {{ ref('items') }}
