with source as (
    select * from {{ synthea('procedures') }}
)

-- Procedures carry no id: two rows alike are one procedure sent twice.
select distinct
    patient as patient_id,
    encounter as encounter_id,
    cast(code as {{ dbt.type_string() }}) as procedure_code,
    description as procedure_description,
    cast(start as timestamp) as started_at,
    cast(base_cost as numeric(18, 2)) as base_cost_usd
from source
