select * replace (amount + 1 as amount) from {{ ref('items') }}
