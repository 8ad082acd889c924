-- Failing means: two admissions of a patient overlap or touch, so a transfer was not merged and would count
-- as a readmission.
select
    earlier.patient_id,
    earlier.admission_number
from {{ ref('int_admissions_merged') }} as earlier
inner join {{ ref('int_admissions_merged') }} as later
    on
        earlier.patient_id = later.patient_id
        and earlier.admission_number < later.admission_number
where {{ days_between('earlier.discharged_at', 'later.admitted_at') }} <= {{ var('transfer_gap_days') }}
