select kind, first(id) as one from {{ ref('items') }} group by kind
