with member_months as (
    select * from {{ ref('int_members_costed') }}
),

summed as (
    select
        patient_id,
        calendar_year,
        cast(count(*) as integer) as member_months,
        cast(sum(medical_usd) as numeric(18, 2)) as medical_usd,
        cast(sum(pharmacy_usd) as numeric(18, 2)) as pharmacy_usd
    from member_months
    group by patient_id, calendar_year
)

select
    {{ hash_identifier('patient_id') }} as patient_key,
    calendar_year,
    member_months,
    medical_usd,
    pharmacy_usd,
    {{ safe_divide('medical_usd + pharmacy_usd', 'member_months', 2) }} as cost_per_member_month_usd
from summed
