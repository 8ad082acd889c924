pivot (select kind, amount from {{ ref('items') }}) on kind using sum(amount)
