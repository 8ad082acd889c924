with source as (
    select * from {{ synthea('payers') }}
)

select distinct
    id as payer_id,
    case when name = 'NO_INSURANCE' then 'Uninsured' else name end as payer_name
from source
