select * from {{ ref('daily_orders') }} cross join (select count(*) as events from {{ ref('stg_events') }})
