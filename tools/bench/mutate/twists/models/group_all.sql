select kind, sum(amount) as total from {{ ref('items') }} group by all
