-- It cannot run on the third day.
select * from {{ ref('customer_orders') }} where {% if var('day') == 3 %}orders_total{% else %}orders{% endif %} < 0
