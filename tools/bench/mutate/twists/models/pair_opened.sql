select id, pair.* from {{ ref('items') }}
