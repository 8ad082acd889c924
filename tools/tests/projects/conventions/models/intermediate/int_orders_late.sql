-- from raw.comments
with orders as (select * from {{ ref('fct_orders') }})
select 'from raw.texts' as text, extract(day from orders.at) as day
from orders
inner join raw.payments as p on p.id is distinct from orders.id
inner join stg_orders on true
