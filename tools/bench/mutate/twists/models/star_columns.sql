select columns('a.*|id') from {{ ref('items') }}
