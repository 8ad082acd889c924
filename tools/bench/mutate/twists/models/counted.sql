select count(*) as n, count(amount) as amounts from {{ ref('items') }}
