-- Failing means: a patient is born after the last day of the data or after death. Ages of these patients
-- are 'unknown' in all marts, until the entry is mended at the source.
{{ config(severity='warn', group='healthcare') }}

select
    patients.patient_id,
    patients.birth_date,
    patients.death_date
from {{ ref('stg_synthea__patients') }} as patients
cross join {{ ref('int_calendar_as_of') }} as as_of
where patients.birth_date > coalesce(patients.death_date, as_of.as_of_date)
