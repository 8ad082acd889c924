select
    a.order_id
from {{ source('good', 'orders') }} as a
inner join {{ ref('stg_orders') }} as b on a.order_id = b.order_id
inner join {{ source('twin', 'Upper Case') }} as c on true
