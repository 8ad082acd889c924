select amount as a, a + 1 as b from {{ ref('items') }}
