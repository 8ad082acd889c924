with observations as (
    select * from {{ ref('stg_synthea__observations') }}
),

ranked as (
    select
        *,
        row_number() over (
            partition by patient_id, observation_code
            order by observed_at desc, value_number desc
        ) as recency
    from observations
    where value_number is not null
)

-- LOINC: 4548-4 is HbA1c, 8480-6 and 8462-4 are systolic and diastolic blood pressure.
select
    patient_id,
    max(case when observation_code = '4548-4' then value_number end) as hba1c_percent,
    max(case when observation_code = '8480-6' then value_number end) as systolic_mmhg,
    max(case when observation_code = '8462-4' then value_number end) as diastolic_mmhg
from ranked
where recency = 1 and observation_code in ('4548-4', '8480-6', '8462-4')
group by patient_id
