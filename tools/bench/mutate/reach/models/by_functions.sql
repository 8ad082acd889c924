select id, {{ function('discounted_twice') }}(amount) as amount from {{ ref('stg_orders') }}
