select to_json(i) as doc from {{ ref('items') }} as i
