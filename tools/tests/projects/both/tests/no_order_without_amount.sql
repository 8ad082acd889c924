{{ config(severity='warn', store_failures=true) }}

select * from {{ ref('orders') }} where amount is null
