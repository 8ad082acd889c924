select o.id, o.amount * r.rate as taxed from {{ ref('stg_orders') }} as o inner join {{ ref('money', 'money_rates') }} as r on o.id = r.id
