select id, pair.low as low from {{ ref('items') }}
