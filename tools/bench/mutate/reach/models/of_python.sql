select id, amount + 1 as amount from {{ ref('by_python') }}
