select kind from {{ ref('items') }} group by kind having sum(amount) > 25
