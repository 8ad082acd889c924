with numbers as (
    {{ whole_numbers(var('demand_weeks')) }}
),

as_of as (
    select * from {{ ref('int_supply_as_of') }}
)

select {{ days_after('as_of.last_week_start', '-7 * numbers.number') }} as week_start
from numbers
cross join as_of
