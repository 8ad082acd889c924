select
    orders.order_id,
    orders.customer_id,
    orders.status,
    coalesce(payments.amount, 0) as amount
from {{ ref('stg_orders') }} as orders
left join {{ ref('int_order_payments') }} as payments on orders.order_id = payments.order_id
