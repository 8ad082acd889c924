with members as (
    select * from {{ ref('int_members_enrolled') }}
),

months as (
    select * from {{ ref('int_calendar_months') }}
),

costs as (
    select
        patient_id,
        {{ month_of('started_at') }} as cost_month,
        total_cost_usd as medical_usd,
        0 as pharmacy_usd
    from {{ ref('int_encounters_costed') }}
    union all
    -- An order is charged to the month in which it starts: the export does not date its dispenses.
    select
        patient_id,
        {{ month_of('started_at') }} as cost_month,
        0 as medical_usd,
        total_cost_usd as pharmacy_usd
    from {{ ref('stg_synthea__medications') }}
)

-- A month without care counts as well: it belongs in the denominator.
select
    members.patient_id,
    months.month_start,
    months.calendar_year,
    cast(coalesce(sum(costs.medical_usd), 0) as numeric(18, 2)) as medical_usd,
    cast(coalesce(sum(costs.pharmacy_usd), 0) as numeric(18, 2)) as pharmacy_usd
from members
inner join months on months.month_start between members.first_month and members.last_month
left join costs
    on
        members.patient_id = costs.patient_id
        and months.month_start = costs.cost_month
group by members.patient_id, months.month_start, months.calendar_year
