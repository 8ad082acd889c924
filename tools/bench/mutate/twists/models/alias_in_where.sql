select id, amount / 10 as added_1 from {{ ref('items') }} where added_1 >= 2
