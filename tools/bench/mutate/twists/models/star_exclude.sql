select * exclude (amount) from {{ ref('items') }}
