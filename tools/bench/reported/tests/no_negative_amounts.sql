-- An order that costs less than nothing.
select * from {{ ref('stg_orders') }} where amount < 0
