{{ config(materialized='view') }}

with lines as (
    select * from {{ ref('int_lines_delivered') }}
)

select
    order_id,
    line_number,
    customer_id,
    supplier_id,
    part_id,
    order_date,
    ship_date,
    commit_date,
    receipt_date,
    {%- for measure, start in [
        ('lead_time_days', 'order_date'), ('transit_days', 'ship_date'), ('late_days', 'commit_date')
    ] %}
    case
        when not has_impossible_dates then cast({{ days_between(start, 'receipt_date') }} as integer)
    end as {{ measure }},
    {%- endfor %}
    order_priority,
    ship_mode,
    ship_instruction,
    line_status,
    return_flag,
    quantity,
    discount_rate,
    gross_usd,
    revenue_usd,
    charged_usd,
    cost_usd,
    has_known_parties,
    has_impossible_dates
from lines
