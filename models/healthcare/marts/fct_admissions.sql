with admissions as (
    select * from {{ ref('int_admissions_followed') }}
)

-- One year only, and days in bands: the year of a discharge together with that of the next admission a few
-- days later would give away dates around the turn of the year.
select
    {{ hash_identifier('admission_id') }} as admission_key,
    {{ hash_identifier('patient_id') }} as patient_key,
    admission_number,
    {{ year_of('discharged_at') }} as discharge_year,
    {{ age_band('age_years') }} as age_band,
    cast({{ days_between('admitted_at', 'discharged_at') }} as integer) as length_of_stay_days,
    stay_count,
    total_cost_usd,
    is_planned,
    is_index_admission,
    exclusion_reason,
    is_readmitted,
    case
        when days_to_next_admission is null then 'none'
        when days_to_next_admission <= 7 then '0-7 days'
        when days_to_next_admission <= 30 then '8-30 days'
        when days_to_next_admission <= 90 then '31-90 days'
        else 'over 90 days'
    end as next_admission_band
from admissions
