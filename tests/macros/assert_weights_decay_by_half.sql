-- A weight no longer halves with each half-life.
{%- set text = dbt.type_string() %}
with cases as (
    select
        1 as case_number,
        cast({{ time_decay('0') }} as {{ text }}) as actual,
        cast('1.0000000000' as {{ text }}) as expected
    union all
    select
        2 as case_number,
        cast({{ time_decay(var('half_life_days')) }} as {{ text }}) as actual,
        cast('0.5000000000' as {{ text }}) as expected
    union all
    select
        3 as case_number,
        cast({{ time_decay(2 * var('half_life_days')) }} as {{ text }}) as actual,
        cast('0.2500000000' as {{ text }}) as expected
)

select *
from cases
where coalesce(actual, 'blank') <> coalesce(expected, 'blank')
