{{ config(materialized='view') }}
select id as order_id, customer_id, amount from {{ ref('raw_orders') }}
{% if var('day') == 2 %}union all select 10, 9, -5{% endif %}
