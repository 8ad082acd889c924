with member_months as (
    select * from {{ ref('int_members_costed') }}
),

summed as (
    select
        month_start,
        cast(count(distinct patient_id) as integer) as member_count,
        sum(medical_usd) as medical_usd,
        sum(pharmacy_usd) as pharmacy_usd
    from member_months
    group by month_start
)

-- A calendar month is no one person's date, as long as the group is large enough.
select
    month_start as cost_month,
    {{ suppress_small('member_count', 'member_count') }} as member_count,
    {{ suppress_small(safe_divide('medical_usd', 'member_count', 2), 'member_count') }} as medical_pmpm_usd,
    {{ suppress_small(safe_divide('pharmacy_usd', 'member_count', 2), 'member_count') }} as pharmacy_pmpm_usd,
    {{ suppress_small(safe_divide('medical_usd + pharmacy_usd', 'member_count', 2), 'member_count') }}
        as total_pmpm_usd,
    member_count < {{ var('small_cell_minimum') }} as is_suppressed
from summed
