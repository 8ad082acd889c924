select kind, list(id order by amount, id) as ids from {{ ref('items') }} group by kind
