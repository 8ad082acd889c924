with lines as (
    select * from {{ ref('int_lines_delivered') }}
),

as_of as (
    select * from {{ ref('int_supply_as_of') }}
)

-- By the day of receipt: by the day of the order, the slow ones of the last months would be missing.
select
    lines.order_id,
    lines.line_number,
    lines.supplier_id,
    cast({{ days_between('lines.order_date', 'lines.receipt_date') }} as integer) as lead_time_days,
    cast({{ days_between('lines.ship_date', 'lines.receipt_date') }} as integer) as transit_days
from lines
inner join as_of
    on
        lines.receipt_date <= as_of.as_of_date
        and lines.receipt_date > {{ days_after('as_of.as_of_date', -var('lead_time_window_days')) }}
where lines.has_known_parties and not lines.has_impossible_dates
