select id, amount from {{ source('files', 'orders_2') }}
