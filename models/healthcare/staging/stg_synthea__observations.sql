with source as (
    select * from {{ synthea('observations') }}
)

-- Of the text answers only the numbers pass: among them is "What address do you live at?".
select distinct
    patient as patient_id,
    encounter as encounter_id,
    cast(code as {{ dbt.type_string() }}) as observation_code,
    description as observation_description,
    units as units,
    cast(date as timestamp) as observed_at,
    cast(case when type = 'numeric' then value end as {{ double_type() }}) as value_number
from source
