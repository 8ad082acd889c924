select order_id from {{ source('twin', 'orders') }}
