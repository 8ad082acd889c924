with source as (
    select * from {{ synthea('conditions') }}
)

-- Conditions carry no id: two rows alike are one condition sent twice.
select distinct
    patient as patient_id,
    encounter as encounter_id,
    cast(code as {{ dbt.type_string() }}) as condition_code,
    description as condition_description,
    {{ day_of('start') }} as onset_date,
    {{ day_of('stop') }} as resolved_date
from source
