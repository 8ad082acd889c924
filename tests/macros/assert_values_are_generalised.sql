-- An age, a ZIP code, a date or a small group passes with more detail than Safe Harbor lets pass.
{%- set text = dbt.type_string() %}
with cases as (
    select
        1 as case_number,
        cast({{ age_band('0') }} as {{ text }}) as actual,
        cast('0-9' as {{ text }}) as expected
    union all
    select
        2 as case_number,
        cast({{ age_band('89') }} as {{ text }}) as actual,
        cast('80-89' as {{ text }}) as expected
    union all
    select
        3 as case_number,
        cast({{ age_band('90') }} as {{ text }}) as actual,
        cast('90+' as {{ text }}) as expected
    union all
    select
        4 as case_number,
        cast({{ age_band('104') }} as {{ text }}) as actual,
        cast('90+' as {{ text }}) as expected
    union all
    select
        5 as case_number,
        cast({{ age_band('-1') }} as {{ text }}) as actual,
        cast('unknown' as {{ text }}) as expected
    union all
    select
        6 as case_number,
        cast({{ age_band('cast(null as integer)') }} as {{ text }}) as actual,
        cast('unknown' as {{ text }}) as expected
    union all
    select
        7 as case_number,
        cast({{ zip3("'02138'") }} as {{ text }}) as actual,
        cast('021' as {{ text }}) as expected
    union all
    select
        8 as case_number,
        cast({{ zip3("'2138'") }} as {{ text }}) as actual,
        cast('021' as {{ text }}) as expected
    union all
    select
        9 as case_number,
        cast({{ zip3("'03601'") }} as {{ text }}) as actual,
        cast('000' as {{ text }}) as expected
    union all
    select
        10 as case_number,
        cast({{ year_of("date '1999-12-31'") }} as {{ text }}) as actual,
        cast('1999' as {{ text }}) as expected
    union all
    select
        11 as case_number,
        cast({{ suppress_small('7', var('small_cell_minimum')) }} as {{ text }}) as actual,
        cast('7' as {{ text }}) as expected
    union all
    select
        12 as case_number,
        cast({{ suppress_small('7', var('small_cell_minimum') - 1) }} as {{ text }}) as actual,
        cast(null as {{ text }}) as expected
)

select *
from cases
where coalesce(actual, 'blank') <> coalesce(expected, 'blank')
