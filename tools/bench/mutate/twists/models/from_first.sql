from {{ ref('items') }}
