-- Days are counted by hours, or a birthday that has not come is counted as one that has.
{%- set text = dbt.type_string() %}
with cases as (
    select
        1 as case_number,
        cast({{ days_between("timestamp '2024-02-28 23:59:59'", "timestamp '2024-03-01 00:00:00'") }} as {{ text }}) as actual,
        cast('2' as {{ text }}) as expected
    union all
    select
        2 as case_number,
        cast({{ days_between("timestamp '2024-03-01 00:00:00'", "timestamp '2024-03-01 23:59:59'") }} as {{ text }}) as actual,
        cast('0' as {{ text }}) as expected
    union all
    select
        3 as case_number,
        cast({{ days_after("date '2024-02-28'", 2) }} as {{ text }}) as actual,
        cast('2024-03-01' as {{ text }}) as expected
    union all
    select
        4 as case_number,
        cast({{ days_after("date '2024-03-01'", -1) }} as {{ text }}) as actual,
        cast('2024-02-29' as {{ text }}) as expected
    union all
    select
        5 as case_number,
        cast({{ age_in_years("date '2000-02-29'", "date '2023-02-28'") }} as {{ text }}) as actual,
        cast('22' as {{ text }}) as expected
    union all
    select
        6 as case_number,
        cast({{ age_in_years("date '2000-02-29'", "date '2023-03-01'") }} as {{ text }}) as actual,
        cast('23' as {{ text }}) as expected
    union all
    select
        7 as case_number,
        cast({{ month_of("timestamp '2024-02-29 23:59:59'") }} as {{ text }}) as actual,
        cast('2024-02-01' as {{ text }}) as expected
    union all
    select
        8 as case_number,
        cast({{ week_of("date '2024-03-03'") }} as {{ text }}) as actual,
        cast('2024-02-26' as {{ text }}) as expected
    union all
    select
        9 as case_number,
        cast({{ week_of("date '2024-03-04'") }} as {{ text }}) as actual,
        cast('2024-03-04' as {{ text }}) as expected
    union all
    select
        10 as case_number,
        cast({{ day_of("'2021-05-31T09:30:00'") }} as {{ text }}) as actual,
        cast('2021-05-31' as {{ text }}) as expected
)

select *
from cases
where coalesce(actual, 'blank') <> coalesce(expected, 'blank')
