-- Failing means: a birth year in dim_patients shows that a patient is, or died, 90 or older, which Safe
-- Harbor forbids.
select
    patients.patient_key,
    patients.birth_year
from {{ ref('dim_patients') }} as patients
cross join {{ ref('int_calendar_as_of') }} as as_of
where
    (patients.age_band = '90+' and patients.birth_year is not null)
    or coalesce(patients.death_year, extract(year from as_of.as_of_date)) - patients.birth_year > 90
