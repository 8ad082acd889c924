-- A row here is an order that cost less than nothing.
select order_id
from {{ ref('fct_orders') }}
where amount < 0
