with lines as (
    select * from {{ ref('int_lines_delivered') }}
),

chosen as (
    select
        coalesce(
            cast(nullif('{{ var("supply_as_of_date") }}', '') as date),
            max(order_date)
        ) as as_of_date
    from lines
    where not has_impossible_dates
)

-- A week that ends on the as-of date, a Sunday, is whole.
select
    as_of_date,
    {{ days_after(week_of(dbt.dateadd('day', 1, 'as_of_date')), -7) }} as last_week_start
from chosen
