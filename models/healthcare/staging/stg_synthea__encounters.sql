with source as (
    select * from {{ synthea('encounters') }}
),

numbered as (
    -- A corrected encounter is sent again under its id. The export does not say when, so the copy that ends
    -- last and costs most is taken: corrections add lines.
    select
        *,
        row_number() over (
            partition by id
            order by stop desc, cast(total_claim_cost as numeric(18, 2)) desc, start desc, code asc
        ) as copy_number
    from source
)

select
    id as encounter_id,
    patient as patient_id,
    payer as payer_id,
    encounterclass as encounter_class,
    cast(code as {{ dbt.type_string() }}) as encounter_code,
    description as encounter_description,
    cast(reasoncode as {{ dbt.type_string() }}) as reason_code,
    reasondescription as reason_description,
    cast(start as timestamp) as started_at,
    cast(stop as timestamp) as stopped_at,
    cast(total_claim_cost as numeric(18, 2)) as total_cost_usd,
    cast(payer_coverage as numeric(18, 2)) as payer_paid_usd,
    coalesce(cast(stop as timestamp) < cast(start as timestamp), false) as has_impossible_dates
from numbered
where copy_number = 1
