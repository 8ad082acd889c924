-- A standard deviation is no longer that of a sample: of 1, 2, 3 and 4 it is the root of 5/3.
{%- set text = dbt.type_string() %}
with cases as (
    select
        1 as case_number,
        cast({{ sample_stddev('4', '10', '30') }} as {{ text }}) as actual,
        cast('1.29' as {{ text }}) as expected
    union all
    select
        2 as case_number,
        cast({{ sample_stddev('1', '5', '25') }} as {{ text }}) as actual,
        cast(null as {{ text }}) as expected
    union all
    select
        3 as case_number,
        cast({{ sample_stddev('2', '200', '20000') }} as {{ text }}) as actual,
        cast('0.00' as {{ text }}) as expected
    union all
    select
        4 as case_number,
        cast(cast({{ spread_of_sums('4', '10.0', '30.0') }} as numeric(18, 4)) as {{ text }}) as actual,
        cast('1.2910' as {{ text }}) as expected
    union all
    select
        5 as case_number,
        cast(cast({{ spread_of_sums('1', '5.0', '25.0') }} as numeric(18, 4)) as {{ text }}) as actual,
        cast(null as {{ text }}) as expected
)

select *
from cases
where coalesce(actual, 'blank') <> coalesce(expected, 'blank')
