with encounters as (
    select * from {{ ref('int_encounters_costed') }}
),

patients as (
    select * from {{ ref('int_patients_generalised') }}
),

planned_care as (
    select * from {{ ref('planned_care_codes') }}
),

planned as (
    select encounters.encounter_id
    from encounters
    inner join planned_care on encounters.encounter_code = planned_care.care_code
    union
    select procedures.encounter_id
    from {{ ref('stg_synthea__procedures') }} as procedures
    inner join planned_care on procedures.procedure_code = planned_care.care_code
)

select
    encounters.encounter_id,
    encounters.patient_id,
    encounters.started_at,
    encounters.stopped_at,
    encounters.total_cost_usd,
    planned.encounter_id is not null as is_planned
from encounters
inner join patients on encounters.patient_id = patients.patient_id
left join planned on encounters.encounter_id = planned.encounter_id
where
    encounters.encounter_class = 'inpatient'
    -- A stay that ends before it starts, has not ended, or starts after death cannot be followed.
    and not encounters.has_impossible_dates
    and encounters.stopped_at is not null
    and (patients.death_date is null or cast(encounters.started_at as date) <= patients.death_date)
