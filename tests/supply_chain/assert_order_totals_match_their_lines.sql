-- Failing means: what an order says it charges is not what its lines come to, so one of the two was changed without
-- the other. Amounts are cut to cents twice a line, hence two cents for each.
{{ config(severity='warn', group='supply_chain') }}

select
    order_id,
    total_price_usd,
    charged_usd
from {{ ref('fct_orders') }}
where abs(total_price_usd - charged_usd) > 0.02 * line_count
