select id, kind from {{ ref('items') }} qualify row_number() over (partition by kind order by id) = 1
