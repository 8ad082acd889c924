with source as (
    select * from {{ synthea('claims') }}
),

numbered as (
    select
        *,
        row_number() over (
            partition by id
            order by lastbilleddate1 desc, outstanding1 asc, statusp asc
        ) as copy_number
    from source
)

select
    id as claim_id,
    patientid as patient_id,
    appointmentid as encounter_id,
    -- 1 and 2 are the two claim forms: professional (CMS-1500) and institutional (UB-04)
    case cast(healthcareclaimtypeid1 as {{ dbt.type_string() }})
        when '1' then 'professional'
        when '2' then 'institutional'
        else 'unknown'
    end as claim_type,
    statusp = 'CLOSED' as is_closed,
    cast(servicedate as timestamp) as served_at,
    coalesce(cast(outstanding1 as numeric(18, 2)), 0) as outstanding_usd
from numbered
where copy_number = 1
