select order_id, email from {{ source('good', 'orders') }}
