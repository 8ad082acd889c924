select id, items::varchar as written from {{ ref('items') }} as items
