{{ config(materialized='incremental', alias='orders_by_day') }}
select current_date as day, {% if var('day') == 3 %}'many'::int{% else %}count(*){% endif %} as orders
from {{ ref('stg_orders') }}
