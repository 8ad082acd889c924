-- An order of nobody.
{{ config(severity='warn', tags=['people'], meta={'owner': 'Ann'}) }}
select order_id from {{ ref('stg_orders') }} where customer_id not in (select customer_id from {{ ref('stg_customers') }})
