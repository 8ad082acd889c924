select {{ twisted('id') }} as id from {{ ref('items') }}
