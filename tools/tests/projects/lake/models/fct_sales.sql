select
    sales.sale_id,
    sales.sold_on,
    products.product_name,
    sales.quantity * products.price_cents / 100 as amount
from {{ ref('stg_sales') }} as sales
inner join {{ ref('products') }} as products
    on sales.product_id = products.product_id
