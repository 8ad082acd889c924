with source as (
    select * from {{ synthea('medications') }}
)

-- Orders carry no id: two rows alike are one order sent twice.
select distinct
    patient as patient_id,
    encounter as encounter_id,
    payer as payer_id,
    cast(code as {{ dbt.type_string() }}) as drug_code,
    description as drug_description,
    cast(start as timestamp) as started_at,
    cast(stop as timestamp) as stopped_at,
    cast(dispenses as integer) as dispense_count,
    cast(totalcost as numeric(18, 2)) as total_cost_usd,
    cast(payer_coverage as numeric(18, 2)) as payer_paid_usd
from source
