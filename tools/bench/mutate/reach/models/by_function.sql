select id, {{ function('discounted') }}(amount) as amount from {{ ref('stg_orders') }}
