select id from {{ ref('items') }} limit 2
