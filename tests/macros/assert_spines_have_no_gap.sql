-- A month or a number is missing from a spine, is there twice, or lies beyond its end.
with months as (
    {{ month_spine('2023-11-01', '2024-03-01') }}
),

numbers as (
    {{ whole_numbers(4) }}
),

counted as (
    select
        count(*) as month_count,
        count(distinct month_start) as distinct_count,
        min(month_start) as first_month,
        max(month_start) as last_month
    from months
),

added as (
    select
        count(*) as number_count,
        sum(number) as number_sum,
        min(number) as first_number
    from numbers
)

select *
from counted
cross join added
where
    month_count <> 5
    or distinct_count <> 5
    or first_month <> date '2023-11-01'
    or last_month <> date '2024-03-01'
    or number_count <> 4
    or number_sum <> 6
    or first_number <> 0
