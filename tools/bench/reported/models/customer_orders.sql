select customer_id, customer_name, count(order_id) as orders, sum(amount) as amount
from {{ ref('stg_customers') }} left join {{ ref('stg_orders') }} using (customer_id)
group by all
