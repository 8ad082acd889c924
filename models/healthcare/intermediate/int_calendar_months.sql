with months as (
    {{ month_spine(var('calendar_first_month'), var('calendar_last_month')) }}
)

select
    month_start,
    {{ days_after(dbt.dateadd('month', 1, 'month_start'), -1) }} as month_end,
    {{ year_of('month_start') }} as calendar_year
from months
