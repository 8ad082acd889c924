-- Failing means: cost was lost or counted twice between the encounters and orders and the member months.
-- The two must agree to the cent, but for cost of the months after a member's death, which no member month
-- holds.
with costs as (
    select
        patient_id,
        started_at,
        total_cost_usd
    from {{ ref('int_encounters_costed') }}
    union all
    select
        patient_id,
        started_at,
        total_cost_usd
    from {{ ref('stg_synthea__medications') }}
),

spent as (
    select sum(costs.total_cost_usd) as usd
    from costs
    inner join {{ ref('int_patients_generalised') }} as patients on costs.patient_id = patients.patient_id
    where
        patients.death_date is null
        or {{ month_of('costs.started_at') }} <= {{ month_of('patients.death_date') }}
),

booked as (
    select sum(medical_usd + pharmacy_usd) as usd
    from {{ ref('int_members_costed') }}
)

select
    spent.usd as spent_usd,
    booked.usd as booked_usd
from spent
cross join booked
where abs(spent.usd - booked.usd) >= 0.01
