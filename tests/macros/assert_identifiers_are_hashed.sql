-- A hash is no longer the salted SHA-256 that the guide promises, or blank does not stay blank.
{%- set text = dbt.type_string() %}
with cases as (
    select
        1 as case_number,
        cast(length({{ hash_identifier("'A1'") }}) as {{ text }}) as actual,
        cast('64' as {{ text }}) as expected
    union all
    select
        2 as case_number,
        cast(case when {{ hash_identifier("'A1'") }} = {{ hash_identifier("'A1'") }} then 'same' end as {{ text }}) as actual,
        cast('same' as {{ text }}) as expected
    union all
    select
        3 as case_number,
        cast(case when {{ hash_identifier("'A1'") }} = {{ hash_identifier("'A2'") }} then 'same' else 'other' end as {{ text }}) as actual,
        cast('other' as {{ text }}) as expected
    union all
    select
        4 as case_number,
        cast({{ hash_identifier('cast(null as ' ~ text ~ ')') }} as {{ text }}) as actual,
        cast(null as {{ text }}) as expected
)

select *
from cases
where coalesce(actual, 'blank') <> coalesce(expected, 'blank')
