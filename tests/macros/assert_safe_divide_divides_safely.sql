-- A division by 0 is no longer blank, or a ratio is cut where it should be rounded.
{%- set text = dbt.type_string() %}
with cases as (
    select
        1 as case_number,
        cast({{ safe_divide('1', '3') }} as {{ text }}) as actual,
        cast('0.3333' as {{ text }}) as expected
    union all
    select
        2 as case_number,
        cast({{ safe_divide('2', '3') }} as {{ text }}) as actual,
        cast('0.6667' as {{ text }}) as expected
    union all
    select
        3 as case_number,
        cast({{ safe_divide('1', '0') }} as {{ text }}) as actual,
        cast(null as {{ text }}) as expected
    union all
    select
        4 as case_number,
        cast({{ safe_divide('0', '5', 1) }} as {{ text }}) as actual,
        cast('0.0' as {{ text }}) as expected
    union all
    select
        5 as case_number,
        cast({{ safe_divide('null', '5') }} as {{ text }}) as actual,
        cast(null as {{ text }}) as expected
    union all
    select
        6 as case_number,
        cast({{ safe_divide('-7', '2', 2) }} as {{ text }}) as actual,
        cast('-3.50' as {{ text }}) as expected
)

select *
from cases
where coalesce(actual, 'blank') <> coalesce(expected, 'blank')
