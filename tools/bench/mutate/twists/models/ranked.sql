select id, row_number() over (partition by kind order by amount, id) as place from {{ ref('items') }}
